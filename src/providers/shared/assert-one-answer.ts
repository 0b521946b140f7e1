import type { ChatCall } from '../spec/chat-call.js';
import { toModelLack } from './model-lack.js';

/**
 * For vendors that give one answer to a question: fewer than were asked for would be a silent loss.
 * @throws DomainError `routing.capability_missing` naming `n`
 */
export function assertOneAnswer({ n }: ChatCall['request']): void {
  if (typeof n !== 'number' || n <= 1) return;
  throw toModelLack('n', 'must be 1 with this model: ask several times for several answers');
}
