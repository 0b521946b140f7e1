import { DomainError } from '../../common/domain-error.js';

const MS_PER_S = 1_000;

export function toDeadlineAt(deadlineS: number | undefined, now: Date): Date | null {
  return deadlineS === undefined ? null : new Date(now.getTime() + deadlineS * MS_PER_S);
}

/** Whole milliseconds until then, 0 when it has passed; null = there is no deadline. */
export function toLeftMs(deadlineAt: Date | null, now: Date): number | null {
  return deadlineAt && Math.max(0, deadlineAt.getTime() - now.getTime());
}

/** The end of what was not sent before its deadline. */
export function deadlinePassed(): DomainError {
  return new DomainError(
    'generations.deadline_passed',
    'The deadline of this generation passed before it could begin. Nothing was charged. Send it again with a larger ' +
      'deadline_s, or when less waits.',
  );
}
