import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiSecurity } from '@nestjs/swagger';
import type { Permission } from '../common/permission.js';
import { markRoute, type SpaceSource } from './route-mark.js';

/** Any authenticated caller, and, where a permission is named, one who holds it in the request's space. */
export function Requires(
  permission: Permission | null = null,
  options: { space?: SpaceSource } = {},
): MethodDecorator {
  const space = options.space ?? (permission ? 'body' : null);
  return applyDecorators(
    markRoute({ access: 'caller', permission, space }),
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

/** The login session of an operator. */
export function RequiresOperator(): MethodDecorator {
  return applyDecorators(
    markRoute({ access: 'operator', permission: null, space: null }),
    ApiBearerAuth(),
  );
}
