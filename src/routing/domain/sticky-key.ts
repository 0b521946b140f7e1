import { createHash } from 'node:crypto';

/** Under what a conversation's connection is kept: a tenant's own, so that no session of another meets it. */
export function toStickyKey(searchSpaceId: string, model: string, session: string): string {
  const hash = createHash('sha256').update(`${model}\n${session}`).digest('base64url');
  return `${searchSpaceId}:${hash}`;
}
