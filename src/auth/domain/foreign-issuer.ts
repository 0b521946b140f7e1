import { TOKEN_ISSUER } from './access-claims.js';

/** Longer tokens are not looked at. All headers of a request together may have 16 KB. */
export const FOREIGN_TOKEN_LENGTH_MAX = 12_000;
/** The beginning of every token of our own: base64url of `{"alg":"HS256"`. Nobody else's may begin so. */
const OWN_BEGINNING = 'eyJhbGciOiJIUzI1NiI';
const ISSUER_LENGTH_MAX = 2_048;

/** Who says to have signed this token, when it is not us; null for our own and for what is no JWT. Checks nothing. */
export function findForeignIssuer(token: string): string | null {
  if (token.startsWith(OWN_BEGINNING) || token.length > FOREIGN_TOKEN_LENGTH_MAX) return null;
  const parts = token.split('.');
  const issuer = parts.length === 3 ? readIssuer(parts[1] ?? '') : null;
  return issuer === TOKEN_ISSUER ? null : issuer;
}

function readIssuer(payload: string): string | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const issuer = (claims as { iss?: unknown } | null)?.iss;
    return typeof issuer === 'string' && issuer.length <= ISSUER_LENGTH_MAX ? issuer : null;
  } catch {
    return null;
  }
}
