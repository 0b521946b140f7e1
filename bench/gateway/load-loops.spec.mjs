/**
 * Proves both loads against a real server: what counts, that errors are errors, and that an evenly paced load counts
 * the time a request waited for its turn.
 */
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { runClosedLoop } from './closed-loop.mjs';
import { runOpenLoop } from './open-loop.mjs';

const STALL_MS = 400;
const EXPECTED = { bodyBytesMin: 2, ending: '}' };
const REQUEST = 'POST / HTTP/1.1\r\nhost: bench\r\ncontent-length: 2\r\n\r\n{}';

let server;

function serve(answer) {
  server = createServer((request, response) => {
    request.resume().on('end', () => answer(response));
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(new URL(`http://127.0.0.1:${server.address().port}`));
    });
  });
}

afterEach(
  () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
);

describe('runClosedLoop', () => {
  it('keeps as many requests under way as there are callers', async () => {
    let underWay = 0;
    let most = 0;
    const origin = await serve((response) => {
      underWay += 1;
      most = Math.max(most, underWay);
      setTimeout(() => {
        underWay -= 1;
        response.end('{"a":1}');
      }, 20);
    });
    const cell = { origin, nextRequest: () => REQUEST, expected: EXPECTED, callers: 5 };
    const figures = await runClosedLoop({ ...cell, warmUpMs: 100, measuredMs: 300 });
    expect(most).toBe(5);
    expect(figures.errors).toBe(0);
    expect(figures.answeredCount).toBeGreaterThanOrEqual(5);
    expect(figures.latency.p50Ms).toBeGreaterThanOrEqual(19);
    expect(figures.perSecond).toBeLessThanOrEqual(5 / 0.019);
  });

  it('counts a refusal, a cut answer and a strange end as errors', async () => {
    const answers = [
      (response) => response.writeHead(429).end('{"error":1}'),
      (response) => response.writeHead(200, { 'content-length': '10' }).destroy(),
      (response) => response.end('[1]'),
    ];
    let turn = 0;
    const origin = await serve((response) => answers[(turn += 1) % 3](response));
    const cell = { origin, nextRequest: () => REQUEST, expected: EXPECTED, callers: 1 };
    const figures = await runClosedLoop({ ...cell, warmUpMs: 0, measuredMs: 300 });
    expect(figures.perSecond).toBe(0);
    expect(figures.errors).toBeGreaterThan(3);
    const told = figures.faults.join('; ');
    expect(told).toMatch(/status 429/);
    expect(told).toMatch(/connection closed|ECONNRESET/);
    expect(told).toMatch(/ends in "\[1\]"/);
  });
});

describe('runOpenLoop', () => {
  it('sends as many as are due, whatever is still unanswered', async () => {
    let asked = 0;
    const origin = await serve((response) => {
      asked += 1;
      setTimeout(() => response.end('{}'), 100);
    });
    const cell = { origin, nextRequest: () => REQUEST, expected: EXPECTED, perSecond: 50 };
    const figures = await runOpenLoop({ ...cell, warmUpMs: 200, measuredMs: 400 });
    expect(asked).toBe(30);
    expect(figures).toMatchObject({ perSecond: 50, errors: 0, answeredCount: 30 });
    expect(figures.latency.p50Ms).toBeGreaterThanOrEqual(95);
  });

  it('counts from the time a request was due, so that a stall shows in all that waited', async () => {
    let isStalled = false;
    const origin = await serve((response) => {
      if (!isStalled) {
        isStalled = true;
        // Nobody is answered meanwhile, and nobody sends: load and server share this thread.
        const untilMs = performance.now() + STALL_MS;
        while (performance.now() < untilMs);
      }
      response.end('{}');
    });
    const cell = { origin, nextRequest: () => REQUEST, expected: EXPECTED, perSecond: 100 };
    const figures = await runOpenLoop({ ...cell, warmUpMs: 0, measuredMs: STALL_MS });
    expect(figures.answeredCount).toBe(40);
    // Evenly from the whole stall down to nothing.
    expect(figures.latency.p50Ms).toBeGreaterThan(STALL_MS / 3);
    expect(figures.latency.p99Ms).toBeGreaterThanOrEqual(STALL_MS - 20);
  });
});
