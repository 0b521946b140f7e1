/** Connections that lead nowhere, and models on them. */
import { newId } from '../../../src/common/ids.js';
import type { TestApplication } from '../../setup/application.js';
import { must } from '../../setup/people.js';

interface Maker {
  session: Record<string, string>;
}

const PATH = '/api/v1/connections';

/** A name that no resolver knows (RFC 6761): what is asked of it fails at once. */
export const NOWHERE = 'https://vendor.invalid/v1';

export function toConnection(space: string): object {
  const whose = { scope: 'space', search_space_id: space };
  return { ...whose, provider: 'openai', name: 'Ours', base_url: NOWHERE, api_key: newId() };
}

export async function createConnection(
  atelier: TestApplication,
  { session }: Maker,
  space: string,
): Promise<string> {
  return (await must(atelier, 201, 'POST', PATH, toConnection(space), session)).id;
}

/** Its name. */
export async function createConnectionModel(
  atelier: TestApplication,
  { session }: Maker,
  connection: string,
): Promise<string> {
  const model = { name: newId(), kind: 'image' };
  return (await must(atelier, 201, 'POST', `${PATH}/${connection}/models`, model, session)).name;
}
