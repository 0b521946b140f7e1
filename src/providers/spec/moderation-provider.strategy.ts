import type { ModerationCall, ModerationResult } from './moderation-call.js';

/** One vendor of moderation. Holds no state, no tenant data and no credential; never repeats a request by itself. */
export interface ModerationProviderStrategy {
  readonly id: string;
  readonly specification: 'moderation/1';

  /** @throws ProviderError; `malformed` for verdicts that are too few or whose scores are no numbers from 0 to 1. */
  submit(call: ModerationCall): Promise<ModerationResult>;
}
