import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiSecurity } from '@nestjs/swagger';
import type { Permission, Scope } from '../common/permission.js';
import { markRoute, type RouteMark, type SpaceSource } from './route-mark.js';

type RequiresOptions = Partial<Pick<RouteMark, 'scopes' | 'form' | 'makesPictures'>> & {
  space?: SpaceSource;
};

/**
 * Any authenticated caller, and, where a permission is named, one who holds it in the request's space. A key needs
 * one of `scopes`; where none are named, one that opens the permission. With `form` the route takes multipart forms.
 */
export function Requires(
  permission: Permission | null = null,
  options: RequiresOptions = {},
): MethodDecorator {
  const space = options.space ?? (permission ? 'body' : null);
  return applyDecorators(
    markRoute({ ...options, access: 'caller', permission, space }),
    ApiBearerAuth(),
    ApiSecurity('api_key'),
  );
}

/** A login session; API keys are refused. */
export function RequiresSession(
  permission: Permission | null = null,
  options: { space?: SpaceSource } = {},
): MethodDecorator {
  const space = options.space ?? (permission ? 'body' : null);
  return applyDecorators(markRoute({ access: 'session', permission, space }), ApiBearerAuth());
}

/** The login session of an operator; with `scopes` also an API key of an operator that has one of them. */
export function RequiresOperator(options: { scopes?: readonly Scope[] } = {}): MethodDecorator {
  return applyDecorators(
    markRoute({ access: 'operator', permission: null, space: null, scopes: options.scopes }),
    ApiBearerAuth(),
    ...(options.scopes ? [ApiSecurity('api_key')] : []),
  );
}
