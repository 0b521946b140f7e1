// Proves that a form with a gate is read to its end once its sender is let in, whenever its bytes came, and no further
// than to its first file before.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FormField, readForm } from './read-form.js';

const LIMITS = { fileBytes: 1_000_000, formBytes: 2_000_000, partsMax: 10 };
const BYTES_MAX = 65_536;

let server: Server;
let gateMs = 0;
let isRefused = false;

beforeAll(async () => {
  server = createServer((request, response) => {
    const sizes: number[] = [];
    const seen: string[] = [];
    const gate = {
      bytesMax: BYTES_MAX,
      async open(fields: readonly FormField[]) {
        seen.push(...fields.map(({ name }) => name));
        await wait(gateMs);
        if (isRefused) throw new Error('refused');
      },
    };
    readForm(
      request,
      LIMITS,
      async ({ bytes }) => void sizes.push((await buffer(bytes)).length),
      gate,
    ).then(
      (fields) =>
        response.end(JSON.stringify({ seen, sizes, names: fields.map(({ name }) => name) })),
      (error: Error) => response.writeHead(400, { connection: 'close' }).end(error.message),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

async function send(fields: Record<string, string>, files: readonly number[], after = 'late') {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const [at, size] of files.entries()) {
    form.append(`file${at}`, new Blob([new Uint8Array(size)]), 'a.bin');
  }
  if (after !== '') form.append(after, 'x');
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: form });
  return { status: response.status, text: await response.text() };
}

it.each([
  [0, [10]],
  [50, [10]],
  [50, [10, 20]],
  [50, [300_000, 400_000]],
  [0, [300_000]],
])('reads on after %i ms, with files of %j bytes', async (ms, files) => {
  gateMs = ms;
  const { status, text } = await send({ key: 'k' }, files);
  expect([status, JSON.parse(text)]).toEqual([
    200,
    { seen: ['key'], sizes: files, names: ['key', 'late'] },
  ]);
});

it('asks at the end of a form without files', async () => {
  gateMs = 20;
  const { text } = await send({ key: 'k' }, []);
  expect(JSON.parse(text)).toEqual({ seen: ['key', 'late'], sizes: [], names: ['key', 'late'] });
});

it('ends with the refusal, and with what is too much before the first file', async () => {
  expect((await send({ key: 'x'.repeat(BYTES_MAX + 1) }, [10])).text).toContain(
    'before the first file',
  );
  isRefused = true;
  expect(await send({ key: 'k' }, [10])).toEqual({ status: 400, text: 'refused' });
  isRefused = false;
});
