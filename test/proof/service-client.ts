/** Requests to a running process, as a caller with the first API key or as the operator. */
import { ADMIN_PASSWORD, API_KEY } from '../setup/installation.js';

export const GENERATIONS = '/api/v1/image-generations';
const WALLETS = '/api/v1/billing/wallets';
export const ADMIN_EMAIL = 'operator@atelier.local';

export interface Reply {
  status: number;
  headers: Headers;
  /** Parsed JSON; tests look into it freely. */
  body: ReturnType<typeof JSON.parse>;
}

export interface Wallet {
  id: string;
  search_space_id: string;
  available_micros: number;
  held_micros: number;
  spent_micros: number;
}

/** With the first API key, unless other headers are given. */
export async function send(
  baseUrl: string,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${API_KEY}`,
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body && JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Asks for pictures and waits for them, or with `respond-async` only until they are promised. */
export function generate(baseUrl: string, body: object, prefer?: string): Promise<Reply> {
  return send(baseUrl, 'POST', GENERATIONS, body, prefer ? { prefer } : {});
}

export async function readWallet(baseUrl: string): Promise<Wallet> {
  const { body } = await send(baseUrl, 'GET', WALLETS);
  return body.data[0];
}

/** Puts money into the first wallet, as the operator. */
export async function grant(baseUrl: string, amountMicros: number): Promise<void> {
  const login = { email: ADMIN_EMAIL, password: ADMIN_PASSWORD };
  const session = await send(baseUrl, 'POST', '/api/v1/auth/login', login);
  const { id } = await readWallet(baseUrl);
  const path = `${WALLETS}/${id}/grants`;
  const body = { amount_micros: amountMicros, reason: 'proof' };
  const { status } = await send(baseUrl, 'POST', path, body, {
    authorization: `Bearer ${session.body.access_token}`,
  });
  if (status !== 201) throw new Error(`a grant was answered with ${status}`);
}
