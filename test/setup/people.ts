/** Users, spaces and keys of a running application, made through its own routes. */
import { expect } from 'vitest';
import { type Answer, request, type TestApplication } from './application.js';

const PASSWORD = 'a password that is long enough';

export interface Person {
  id: string;
  email: string;
  /** Headers of the person's session. */
  session: Record<string, string>;
}

/** A request that must be answered with this status; gives its body. */
export async function must(
  atelier: TestApplication,
  status: number,
  ...[method, path, body, headers]: Parameters<TestApplication['call']>
): Promise<Answer['body']> {
  const answer = await request(`${atelier.baseUrl}${path}`, method, body, headers);
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status });
  return answer.body;
}

/** The operator who owns the first space. */
export function operatorOf(atelier: TestApplication): Record<string, string> {
  return { authorization: `Bearer ${atelier.token}` };
}

/** A new user with an own session. */
export async function createPerson(atelier: TestApplication, name: string): Promise<Person> {
  const email = `${name}@example.com`;
  const user = { email, password: PASSWORD, name };
  const made = await must(atelier, 201, 'POST', '/api/v1/users', user, operatorOf(atelier));
  const login = { email, password: PASSWORD };
  const tokens = await must(atelier, 200, 'POST', '/api/v1/auth/login', login, {});
  return { id: made.id, email, session: { authorization: `Bearer ${tokens.access_token}` } };
}

/** A space of the person's own, with money in its wallet. */
export async function createSpace(
  atelier: TestApplication,
  owner: Person,
  creditMicros = 100_000,
): Promise<string> {
  const made = await must(
    atelier,
    201,
    'POST',
    '/api/v1/search-spaces',
    { name: `Space of ${owner.email}` },
    owner.session,
  );
  if (creditMicros > 0) await grant(atelier, made.id, owner.session, creditMicros);
  return made.id;
}

/** Money from the operator into the wallet of a space; `member` may see that wallet. */
export async function grant(
  atelier: TestApplication,
  spaceId: string,
  member: Record<string, string>,
  amountMicros: number,
): Promise<void> {
  const path = '/api/v1/billing/wallets';
  const query = `?search_space_id=${spaceId}`;
  const wallets = await must(atelier, 200, 'GET', `${path}${query}`, undefined, member);
  const body = { amount_micros: amountMicros, reason: 'For tests' };
  const grants = `${path}/${wallets.data[0].id}/grants`;
  await must(atelier, 201, 'POST', grants, body, operatorOf(atelier));
}

/** Headers of a new key in a space. */
export async function createKey(
  atelier: TestApplication,
  session: Record<string, string>,
  spaceId: string,
  more: object = {},
): Promise<{ id: string; headers: Record<string, string> }> {
  const body = { name: 'A key', search_space_id: spaceId, ...more };
  const made = await must(atelier, 201, 'POST', '/api/v1/api-keys', body, session);
  return { id: made.id, headers: { authorization: `Bearer ${made.key}` } };
}

/** Makes the person a member of the first space. */
export async function addMember(
  atelier: TestApplication,
  person: Person,
  role: string,
): Promise<void> {
  const path = `/api/v1/search-spaces/${atelier.spaceId}/members`;
  await must(atelier, 201, 'POST', path, { email: person.email, role }, operatorOf(atelier));
}
