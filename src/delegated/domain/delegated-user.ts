/** A user of the remote backend, and the local account that stands for them in a space. */
export interface DelegatedUser {
  /** The local account. */
  userId: string;
  searchSpaceId: string;
  /** What the backend calls them. */
  externalId: string;
  createdAt: Date;
}

export const DELEGATED_ROLE = 'Delegated';

export const EXTERNAL_ID_LENGTH_MAX = 200;
const EXTERNAL_ID_FORM = /^[\x21-\x7e]+$/;
const KEY_LENGTH_MAX = 512;
const KEY_FORM = /^[\x21-\x7e]+$/;

/** Printable ASCII without spaces: whatever stands in a header, a log line or an address stays one word. */
export function isExternalId(text: string): boolean {
  return text.length <= EXTERNAL_ID_LENGTH_MAX && EXTERNAL_ID_FORM.test(text);
}

export function isExternalKey(text: string): boolean {
  return text.length <= KEY_LENGTH_MAX && KEY_FORM.test(text);
}
