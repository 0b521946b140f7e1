import { DomainError } from '../../common/domain-error.js';
import { ALL_PERMISSIONS, type Permission, PERMISSIONS } from '../../common/permission.js';

/**
 * What somebody wrote as a role's permissions, each once and in the order of the house.
 * @throws DomainError `request.invalid` naming the first text that no role of theirs can hold
 */
export function toPermissionList(texts: readonly string[]): Permission[] {
  const unknown = texts.find((text) => !isPermission(text));
  if (unknown === ALL_PERMISSIONS) {
    throw DomainError.invalid(
      'permissions',
      'must not hold "*", which comes with ownership alone: name each permission',
    );
  }
  if (unknown !== undefined) {
    throw DomainError.invalid(
      'permissions',
      `holds "${unknown}", which is no permission: send only those named in docs/access.md`,
    );
  }
  return PERMISSIONS.filter((permission) => texts.includes(permission));
}

function isPermission(text: string): text is Permission {
  return (PERMISSIONS as readonly string[]).includes(text);
}
