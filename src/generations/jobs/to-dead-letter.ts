import { newId } from '../../common/ids.js';
import { isInside } from '../domain/dead-letter.js';
import type { OwnedRun } from '../domain/generations.repository.port.js';
import type { Conclusion } from '../domain/outcome.js';

/**
 * What the concluding step lays before the operators: nothing, unless the service itself spoiled the run.
 * @param wasSent whether a vendor may have had the last attempt
 */
export function toDeadLetter(
  { generation, attempt, earlier = [] }: OwnedRun,
  { status, error }: Conclusion,
  wasSent: boolean,
): { dead_letter?: Record<string, unknown> } {
  if (status !== 'failed' || !error || !isInside(error.code)) return {};
  const isLastSent = wasSent && attempt.state === 'sent';
  return {
    dead_letter: {
      id: newId(),
      generation_id: generation.id,
      search_space_id: generation.searchSpaceId,
      error_code: error.code,
      error_message: error.message,
      attempts: earlier.length + (isLastSent ? 1 : 0),
      may_have_been_sent: isLastSent,
    },
  };
}
