import type { GoogleServiceAccount } from '../shared/google-access-tokens.js';
import { parseJson, toRecord, toText } from '../shared/read-json.js';
import type { ProviderCredential } from '../spec/image-call.js';

export const BASE_URL = 'https://us-central1-aiplatform.googleapis.com/v1';
/** The vendor's own, whatever a key file says: a caller's credential must not lead us anywhere else. */
const TOKEN_URL = 'https://oauth2.googleapis.com/token';
const GOOGLE_HOST = /(?:^|\.)googleapis\.com$/;
const LOCATION_FORM = /^(?:([a-z0-9-]+)-)?aiplatform(?:\.(us|eu)\.rep)?\.googleapis\.com$/;
/** Where a server that is not the vendor's says nothing of a place. */
const LOCATION = 'us-central1';
const KEY_CHARS_MAX = 16_384;
const TEXT_CHARS_MAX = 320;

export interface VertexAccount extends GoogleServiceAccount {
  projectId: string;
}

/** A text says what is wrong with it, and holds nothing of it. */
export function readServiceAccount({
  apiKey,
  baseUrl,
}: ProviderCredential): VertexAccount | string {
  const file = toRecord(parseJson(apiKey ?? ''));
  if (!file) return 'this one is no JSON object';
  const projectId = toShortText(file.project_id);
  const clientEmail = toShortText(file.client_email);
  const privateKey = toText(file.private_key);
  if (projectId === null) return 'project_id is missing';
  if (clientEmail === null) return 'client_email is missing';
  if (privateKey === null || privateKey.length > KEY_CHARS_MAX) {
    return 'private_key is missing';
  }
  const tokenUrl = file.token_uri === undefined ? TOKEN_URL : toText(file.token_uri);
  if (tokenUrl === null || !isTokenUrl(tokenUrl, baseUrl ?? BASE_URL)) {
    return `token_uri must be ${TOKEN_URL}`;
  }
  const privateKeyId = toShortText(file.private_key_id) ?? undefined;
  return { projectId, clientEmail, privateKey, privateKeyId, tokenUrl };
}

/** The place that a base URL stands for: each has a host of its own, and its name in the path as well. */
export function toLocation(baseUrl: string): string {
  const [, region, group] = LOCATION_FORM.exec(new URL(baseUrl).hostname) ?? [];
  const isGlobal = isGoogle(baseUrl) && region === undefined && group === undefined;
  return region ?? group ?? (isGlobal ? 'global' : LOCATION);
}

/** The vendor's own, or, with a server that is not the vendor's, one at the same origin as the server itself. */
function isTokenUrl(tokenUrl: string, baseUrl: string): boolean {
  if (tokenUrl === TOKEN_URL) return true;
  if (isGoogle(baseUrl) || !URL.canParse(tokenUrl) || !URL.canParse(baseUrl)) return false;
  const { origin, username, password } = new URL(tokenUrl);
  return origin === new URL(baseUrl).origin && username === '' && password === '';
}

function isGoogle(baseUrl: string): boolean {
  return URL.canParse(baseUrl) && GOOGLE_HOST.test(new URL(baseUrl).hostname);
}

function toShortText(value: unknown): string | null {
  const text = toText(value);
  return text !== null && text.length <= TEXT_CHARS_MAX ? text : null;
}
