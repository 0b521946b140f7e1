import { sha256 } from '../../auth/domain/opaque-token.js';
import { SIGN_IN_TTL_S } from '../sign-in.service.js';

const PREFIX = 'atelier_sso_';
const NAME_BYTES = 6;
const HEADER_LENGTH_MAX = 16_384;
const VALUE_FORM = /^[A-Za-z0-9_-]{43}$/;

/** The cookie of a begun sign-in. Each has one of its own, so that two tabs do not spoil each other's. */
export function toSignInCookie(state: string, secret: string, callbackUrl: string): string {
  return write(state, secret, callbackUrl, SIGN_IN_TTL_S);
}

/** Takes the cookie away. */
export function toEndedCookie(state: string, callbackUrl: string): string {
  return write(state, '', callbackUrl, 0);
}

/** The value of the cookie that belongs to this state; null when the browser sent none. */
export function readSignInCookie(header: string | undefined, state: string): string | null {
  const wanted = nameOf(state);
  for (const pair of (header ?? '').slice(0, HEADER_LENGTH_MAX).split(';')) {
    const [name, value = ''] = pair.trim().split('=');
    if (name === wanted && VALUE_FORM.test(value)) return value;
  }
  return null;
}

/** Lax: the way back from the identity provider is a navigation from another site. */
function write(state: string, value: string, callbackUrl: string, maxAgeS: number): string {
  const { protocol, pathname } = new URL(callbackUrl);
  const secure = protocol === 'https:' ? '; Secure' : '';
  return `${nameOf(state)}=${value}; Path=${pathname}; Max-Age=${maxAgeS}; HttpOnly; SameSite=Lax${secure}`;
}

function nameOf(state: string): string {
  return PREFIX + sha256(state).subarray(0, NAME_BYTES).toString('hex');
}
