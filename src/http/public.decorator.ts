import { markRoute } from './route-mark.js';

/** A route that asks for no credentials, or whose credential is in the link. */
export function Public({ rawBody }: { rawBody?: boolean } = {}): MethodDecorator {
  return markRoute({ access: 'public', permission: null, space: null, rawBody });
}
