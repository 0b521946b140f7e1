// Proves that the events of a response are handed on as the very bytes that came, wherever the network cuts them.
import { array, assert, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChatReportDraft } from './chat-report-draft.js';
import { ResponsesEventRelay } from './responses-event-relay.js';

const USAGE = {
  input_tokens: 7,
  input_tokens_details: { cached_tokens: 3 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 2 },
  total_tokens: 12,
};

function event(fields: { type: string } & Record<string, unknown>): string {
  return `event: ${fields.type}\ndata: ${JSON.stringify(fields)}\n\n`;
}

const created = event({ type: 'response.created', response: { id: 'r', status: 'in_progress' } });
const delta = (text: string) => event({ type: 'response.output_text.delta', delta: text });
const completed = event({
  type: 'response.completed',
  response: { id: 'r', status: 'completed', model: 'm-1', usage: USAGE },
});
/** Words in an answer that look like the events that are looked for. */
const TRAPS = [
  '"response.completed"',
  '"type":"error"',
  'response.failed',
  '"type": "error"',
  'ü🦊',
];
const STREAM = [created, ...TRAPS.map(delta), completed].join('');

/** Cut at these places, each a share of the whole. */
const places = array(double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });

function cut(whole: string, at: readonly number[]): Buffer[] {
  const bytes = Buffer.from(whole);
  const ends = at.map((share) => Math.floor(share * bytes.length)).toSorted((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

function relay(parts: readonly Buffer[]) {
  const draft = new ChatReportDraft(null, []);
  const events = new ResponsesEventRelay(draft);
  const out: Buffer[] = [];
  for (const part of parts) {
    if (events.fault || events.isDone) break;
    const bytes = events.push(part);
    if (bytes) out.push(bytes);
  }
  return { out: Buffer.concat(out).toString('utf8'), report: draft.toReport(), events };
}

describe('ResponsesEventRelay', () => {
  it.each([
    ['line feeds', STREAM],
    ['carriage returns', STREAM.replaceAll('\n', '\r\n')],
  ])('gives the same bytes however they are cut (%s)', (_, stream) => {
    assert(
      property(places, (at) => {
        const { out, report, events } = relay(cut(stream, at));
        expect(out).toBe(stream);
        expect(events.isDone).toBe(true);
        expect(report).toMatchObject({
          servedModel: 'm-1',
          finishReason: 'stop',
          usage: {
            inputTokens: 7,
            cachedInputTokens: 3,
            outputTokens: 5,
            reasoningTokens: 2,
          },
        });
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same byte by byte', () => {
    const bytes = [...Buffer.from(STREAM)].map((byte) => Buffer.from([byte]));
    expect(relay(bytes).out).toBe(STREAM);
  });

  it.each([
    ['response.failed', { response: { status: 'failed', error: { code: 'x', message: 'oh' } } }],
    ['error', { code: 'x', message: 'oh' }],
    ['error', { error: { code: 'x', message: 'oh' } }],
  ])('hands on what came before %s, and not the fault', (type, fields) => {
    const before = created + delta('Hello');
    assert(
      property(places, (at) => {
        const whole = before + event({ type, ...fields }) + delta('never');
        const { out, events } = relay(cut(whole, at));
        expect(out).toBe(before);
        expect(events.fault).not.toBeNull();
      }),
      { numRuns: 200 },
    );
  });

  it('tells why an answer is not whole', () => {
    const details = { reason: 'max_output_tokens' };
    const response = { status: 'incomplete', incomplete_details: details, usage: null };
    const { report } = relay([Buffer.from(event({ type: 'response.incomplete', response }))]);
    expect(report).toMatchObject({ finishReason: 'length', usage: null });
  });

  it('takes no stream that just ends, and no event beyond its bound', () => {
    const { events } = relay([Buffer.from(created)]);
    expect(() => events.end()).toThrow('without an end');
    const endless = new ResponsesEventRelay(new ChatReportDraft(null, []));
    const part = Buffer.alloc(1_048_576, 'x');
    expect(() => Array.from({ length: 17 }, () => endless.push(part))).toThrow('too long');
  });
});
