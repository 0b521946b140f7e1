import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import fixtures from './fixtures/openai-image.json' with { type: 'json' };
import type { Refusal } from './openai-image-rules.js';

/** Answers kept as fixtures, played back as they are. */
export type FixtureName = keyof typeof fixtures;

const DRIP_PIECES = 20;
const DRIP_PAUSE_MS = 100;

export function isFixtureName(name: string | null): name is FixtureName {
  return name !== null && Object.hasOwn(fixtures, name);
}

export function sendFixture(response: ServerResponse, name: FixtureName): void {
  const fixture: { status: number; headers: object; body?: unknown; text?: string } =
    fixtures[name];
  response.writeHead(fixture.status, { ...fixture.headers });
  response.end(fixture.text ?? JSON.stringify(fixture.body));
}

export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  const { status, ...error } = refusal;
  sendJson(response, status, { error });
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-request-id': 'req_sim_0001',
    'x-ratelimit-limit-requests': '250',
    'x-ratelimit-remaining-requests': '249',
    'x-ratelimit-reset-requests': '240ms',
  });
  response.end(JSON.stringify(body));
}

export async function sendSuccess(
  response: ServerResponse,
  text: string,
  fault: string | null,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-request-id': 'req_sim_0001',
    'openai-processing-ms': '1',
  });
  if (fault === 'cut_body') {
    response.write(text.slice(0, Math.ceil(text.length / 2)), () => response.destroy());
  } else if (fault === 'drip') {
    const step = Math.ceil(text.length / DRIP_PIECES);
    for (let at = 0; at < text.length && !response.destroyed; at += step) {
      response.write(text.slice(at, at + step));
      await wait(DRIP_PAUSE_MS);
    }
    response.end();
  } else response.end(text);
}
