import type { Permission } from '../../common/permission.js';
import type { Access } from './access.js';

/** The one question behind every permission check, asked when the cache does not know. */
export abstract class AccessReader {
  /** Null when the user is no member, or there is no such space. */
  abstract find(userId: string, searchSpaceId: string): Promise<Access | null>;

  /** The spaces in which the user holds the permission, joined first before joined last, at most `limit`. */
  abstract listSpaceIds(userId: string, permission: Permission, limit: number): Promise<string[]>;
}
