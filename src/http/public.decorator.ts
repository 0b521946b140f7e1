import { markRoute } from './route-mark.js';

/** A route that asks for no credentials, or whose credential is in the link or in its body, which it reads itself. */
export function Public({
  rawBody,
  form,
  bytes,
}: { rawBody?: boolean; form?: boolean; bytes?: boolean } = {}): MethodDecorator {
  return markRoute({ access: 'public', permission: null, space: null, rawBody, form, bytes });
}
