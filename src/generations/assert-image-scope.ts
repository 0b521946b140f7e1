import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import type { Scope } from '../common/permission.js';
import type { GenerationRequest } from './domain/generation-request.js';

type Asked = Pick<GenerationRequest, 'operation' | 'referenceImages' | 'mask'>;

/**
 * The route lets in a key that may make pictures or edit them; which of the two is asked for, the request tells.
 * @throws DomainError `auth.scope_missing`
 */
export function assertImageScope(caller: Caller, request: Asked): void {
  if (caller.scopes === null) return;
  const scope: Scope = isEdit(request) ? 'images.edit' : 'images.generate';
  if (caller.scopes.includes(scope)) return;
  throw new DomainError(
    'auth.scope_missing',
    `This API key lacks the scope ${scope}. Use a key that has it.`,
    { details: { scope } },
  );
}

/** Pictures that go in make an edit of it, whatever it is called. */
function isEdit({ operation, referenceImages, mask }: Asked): boolean {
  return operation !== 'generate' || referenceImages.length > 0 || mask !== null;
}
