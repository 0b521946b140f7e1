import type { DomainError } from '../common/domain-error.js';
import { ProviderError } from '../providers/spec/provider.errors.js';

/** Nothing was sent: the connection is full, failing, or gone. */
const UNSENT = ['upstream.busy', 'upstream.unavailable', 'routing.no_connection'];

/**
 * Whether another candidate may be asked after this failure: only where the vendor cannot have been paid, and never what
 * a vendor refused to show, unless the space allows that.
 */
export function mayFailOver(
  error: DomainError,
  { failsOverRefusals = false }: { failsOverRefusals?: boolean },
): boolean {
  if (!(error instanceof ProviderError)) return UNSENT.includes(error.code);
  if (error.mayHaveBeenPaid) return false;
  if (error.kind === 'refused') return failsOverRefusals;
  return error.canFailOver;
}
