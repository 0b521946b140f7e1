/** Where clients say which conversation a request belongs to, in the order in which they are believed. */
const SESSION_HEADERS = ['x-session-id', 'session_id', 'conversation_id'];
const SESSION_CHARS_MAX = 200;

/**
 * What holds the requests of a conversation to one connection, as the client told it; null = nothing. Kept apart by
 * space, so that nobody can choose the session of another tenant. One that is too long is none: it only decides where a
 * request runs best.
 */
export function toSession(headers: Record<string, string | string[] | undefined>): string | null {
  for (const name of SESSION_HEADERS) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '' && value.length <= SESSION_CHARS_MAX)
      return value;
  }
  return null;
}
