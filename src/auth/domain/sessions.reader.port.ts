import type { PageRequest } from '../../common/page.js';
import type { Session } from './session.js';

/** Questions about sessions, outside any transaction. */
export abstract class SessionsReader {
  /** The user's open sessions, newest first; one row more than `limit` when there are more. */
  abstract listOpen(userId: string, page: PageRequest, now: Date): Promise<Session[]>;
}
