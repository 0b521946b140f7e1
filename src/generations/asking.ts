import type { Caller } from '../common/caller.js';
import type { Repetition } from './domain/idempotency.js';

/** Who asks, through which door, and how a repeat of it is known. */
export interface Asking {
  caller: Caller;
  /** `POST /api/v1/image-generations`: the scope of idempotency keys. */
  route: string;
  fingerprint: string;
  repetition: Repetition;
  /** Whether the client repeats itself without a key, as the OpenAI clients do. */
  isRepeatable: boolean;
}
