import type { PageRequest } from '../../common/page.js';
import type { NamedInvite, OfferedInvite } from './invite.js';

/** Questions about invites, outside any transaction. */
export abstract class InvitesReader {
  /** Newest first; one row more than `limit` when there are more. */
  abstract list(searchSpaceId: string, page: PageRequest): Promise<NamedInvite[]>;

  /** The invite of this id; null when the space has none such. */
  abstract findById(searchSpaceId: string, id: string): Promise<NamedInvite | null>;

  /** The invite of any space whose code has this digest. */
  abstract findByCode(codeHash: Buffer): Promise<OfferedInvite | null>;
}
