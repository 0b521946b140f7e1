// Proves that events of a response are handed on whole, however they come in parts, and at a cost that grows with their size.
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ChatReportDraft } from './chat-report-draft.js';
import { ResponsesEventRelay } from './responses-event-relay.js';

const usage = { input_tokens: 3, output_tokens: 4 };
const toEvent = (data: object, feed: string) => `data: ${JSON.stringify(data)}${feed}${feed}`;
const toStream = (texts: readonly string[], feed: string) =>
  [
    ...texts.map((delta) => toEvent({ type: 'response.output_text.delta', delta }, feed)),
    toEvent({ type: 'response.completed', response: { status: 'completed', usage } }, feed),
  ].join('');

function relayInParts(stream: Buffer, sizes: readonly number[]) {
  const report = new ChatReportDraft(null, []);
  const relay = new ResponsesEventRelay(report);
  const given: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < stream.length && !relay.isDone; turn += 1) {
    const next = at + sizes[turn % sizes.length]!;
    const bytes = relay.push(stream.subarray(at, next));
    if (bytes) given.push(bytes);
    at = next;
  }
  return { given, relay, report: report.toReport() };
}

describe('ResponsesEventRelay', () => {
  it('hands on whole events alone, the same ones however they come', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
    const feeds = fc.constantFrom('\n', '\r\n');
    fc.assert(
      fc.property(fc.array(fc.string()), feeds, sizes, (texts, feed, parts) => {
        const stream = Buffer.from(toStream(texts, feed));
        const { given, relay, report } = relayInParts(stream, parts);
        expect(Buffer.concat(given).equals(stream)).toBe(true);
        expect(given.every((bytes) => bytes.toString().endsWith(feed + feed))).toBe(true);
        expect(relay.isDone).toBe(true);
        expect(report.usage).toMatchObject({ inputTokens: 3, outputTokens: 4 });
      }),
    );
  });

  it('copies an event of many lines once', () => {
    const concat = vi.spyOn(Buffer, 'concat');
    const line = `data: ${'x'.repeat(90)}\n`;
    const stream = Buffer.from(`${line.repeat(10_000)}\n`);
    relayInParts(stream, [line.length]);
    const copied = concat.mock.results.reduce(
      (sum, { value }) => sum + (value as Buffer).length,
      0,
    );
    concat.mockRestore();
    expect(copied).toBeLessThan(3 * stream.length);
  });
});
