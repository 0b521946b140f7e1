/** A try-on as a shop asks for it, with one picture as person and garment. */
import { expect } from 'vitest';
import type { Answer, TestApplication } from './application.js';
import type { Person } from './people.js';

export async function dressByFacade(
  atelier: TestApplication,
  owner: Person,
  space: string,
  url: string,
): Promise<Answer['body']> {
  const consent = JSON.stringify({ subject: 'self', basis: 'consent' });
  const form = new FormData();
  const fields = { user_id: 'shopper-7', catalog_id: 'coat-7', consent };
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const picture = await (await fetch(url)).blob();
  for (const name of ['user_image', 'catalog_image']) form.set(name, picture, 'a.png');
  const headers = { ...owner.session, 'x-search-space-id': space };
  const path = `${atelier.baseUrl}/api/v1/create-image`;
  const answer = await fetch(path, { method: 'POST', headers, body: form });
  expect(answer.status).toBe(200);
  return answer.json();
}
