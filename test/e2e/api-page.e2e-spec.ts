// Proves the description of the API over HTTP: what it shows can be tried as it stands, and its page needs no network.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApplication, type TestApplication } from '../setup/application.js';

interface Operation {
  summary?: string;
  tags?: string[];
  requestBody?: { content: Record<string, { examples?: Record<string, { value: unknown }> }> };
  responses: Record<string, { content?: Record<string, unknown> }>;
}

interface ApiDocument {
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
}

let atelier: TestApplication;
let operations: { name: string; method: string; path: string; operation: Operation }[];
let document: ApiDocument;

beforeAll(async () => {
  atelier = await startApplication();
  document = (await atelier.call('GET', '/docs-json', undefined, {})).body as ApiDocument;
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
});
afterAll(async () => {
  await atelier.stop();
});

describe('the description of the API', () => {
  it('says of every route what it does and where it belongs', () => {
    const tags = new Set(document.tags.map(({ name }) => name));
    const silent = operations.filter(
      ({ operation }) => !operation.summary || !operation.tags?.every((tag) => tags.has(tag)),
    );
    expect(operations.length).toBeGreaterThan(30);
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it('gives every refusal of every route its shape', () => {
    const bare = operations.filter(({ operation }) =>
      Object.entries(operation.responses).some(
        ([status, { content }]) => Number(status) >= 400 && !content,
      ),
    );
    expect(bare.map(({ name }) => name)).toEqual([]);
  });

  it('shows examples that work when they are tried', async () => {
    const tried: string[] = [];
    for (const { name, method, path, operation } of operations) {
      const examples = operation.requestBody?.content['application/json']?.examples ?? {};
      for (const [key, { value }] of Object.entries(examples)) {
        const { status } = await atelier.call(method, path, value);
        tried.push(`${name} ${key}: ${status}`);
      }
    }
    expect(tried).toEqual([
      // Nothing is stored under that id, and the address leads nowhere.
      'POST /api/v1/media/verify stored: 404',
      'POST /api/v1/media/verify address: 400',
      'POST /api/v1/media/{id}/links plain: 404',
      'POST /api/v1/media/{id}/links small: 404',
      'POST /api/v1/media/similar stored: 404',
      'POST /api/v1/image-generations picture: 201',
      'POST /api/v1/image-generations pictures: 201',
      'POST /api/v1/image-generations edit: 201',
      'POST /api/v1/image-generations/quick a prompt: 201',
      'POST /api/v1/image-generations/batch two pictures: 201',
      'POST /api/v1/image-generations/quote picture: 200',
      'POST /api/v1/image-generations/quote pictures: 200',
      'POST /api/v1/image-generations/quote edit: 200',
      'POST /api/v1/prompts/validate short: 200',
      // The key is nobody's; and no picture is at that address.
      'POST /api/v1/create-image shop: 401',
      'POST /api/v1/create-image consent: 502',
      'POST /v1/chat/completions question: 200',
      'POST /v1/chat/completions stream: 200',
      'POST /v1/embeddings text: 200',
      'POST /v1/embeddings texts: 200',
      'POST /v1/images/generations links: 200',
      'POST /v1/images/generations bytes: 200',
      'POST /v1/images/generations events: 200',
      'POST /v1/images/edits picture: 200',
      'POST /v1/moderations text: 200',
      'POST /v1/moderations texts: 200',
      'POST /v1/moderations parts: 200',
      'POST /v1/responses question: 200',
      'POST /v1/responses conversation: 200',
      'POST /v1/responses pictures: 200',
      'POST /api/v1/storage/cleanup show: 200',
      // Of a plan that nobody made; and a key is no operator's login.
      'POST /api/v1/storage/cleanup begin: 404',
      'POST /api/v1/ops/storage/cleanup show: 403',
      'POST /api/v1/ops/storage/cleanup begin: 403',
    ]);
  });

  it('is served as a page whose every part comes from this service', async () => {
    const page = await atelier.call('GET', '/docs', undefined, {});
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    const parts = [...String(page.body).matchAll(/<(?:script|link)[^>]+(?:src|href)="([^"]+)"/g)];
    const addresses = parts.map(
      ([, address]) => new URL(String(address), `${atelier.baseUrl}/docs`),
    );
    expect(addresses.length).toBeGreaterThan(3);
    for (const address of addresses) {
      expect(address.origin).toBe(atelier.baseUrl);
      const part = await fetch(address);
      expect((await part.text()).length).toBeGreaterThan(0);
      expect(part.status).toBe(200);
    }
  });
});
