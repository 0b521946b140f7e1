import { DomainError } from '../../common/domain-error.js';

const RETRY_AFTER_S = 10;

/** @param most how many may wait @param scope `space` or `all` */
export function queueFull(scope: string, most: number): DomainError {
  const whose = scope === 'space' ? 'of this search space' : 'of the service';
  return new DomainError(
    'generations.queue_full',
    `The queue ${whose} is full: ${most} generations wait. Wait until some have ended, or cancel what is not ` +
      'needed any more, then send the request again.',
    { retryAfterS: RETRY_AFTER_S, details: { scope, queued_max: most } },
  );
}
