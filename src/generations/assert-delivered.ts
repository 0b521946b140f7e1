import type { ErrorCode } from '../common/error-code.js';
import { DomainError } from '../common/domain-error.js';
import type { GenerationView } from './generation-view.js';

/**
 * A synchronous failure answers by its kind, with the stored record in the body.
 * @throws DomainError of the generation's own error when it failed or was canceled.
 */
export function assertDelivered(view: GenerationView, record: object): void {
  const { status, error } = view.generation;
  if (status !== 'failed' && status !== 'canceled') return;
  throw new DomainError(
    (error?.code ?? 'internal') as ErrorCode,
    error?.message ?? 'The generation failed. Try again.',
    {
      details: { generation: record },
      retryAfterS: error?.retryAfterS,
      answerStatus: error?.answerStatus,
    },
  );
}
