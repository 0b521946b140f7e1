// Proves that a stream is handed on whole wherever the network cuts it, but for the usage that nobody asked for.
import { describe, expect, it } from 'vitest';
import { ChatEventRelay } from './chat-event-relay.js';
import { ChatReportDraft } from './chat-report-draft.js';

const USAGE = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };

function chunk(fields: object): string {
  const head = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm-1' };
  return `data: ${JSON.stringify({ ...head, ...fields })}\n\n`;
}

const text = (content: string) =>
  chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }], usage: null });
const END = chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: null });
const COUNTED = chunk({ choices: [], usage: USAGE });
/** Words in an answer that look like ours. */
const TRAPS = ['{"usage":{"prompt_tokens":1}}', 'prompt_tokens', 'error', '[DONE]', 'event: error'];
const STREAM = [...TRAPS.map(text), END, COUNTED, 'data: [DONE]\n\n'].join('');

function relay(parts: readonly Buffer[], showUsage = false) {
  const draft = new ChatReportDraft(null, []);
  const events = new ChatEventRelay(draft, showUsage);
  const out: Buffer[] = [];
  for (const part of parts) {
    const bytes = events.fault || events.isDone ? null : events.push(part);
    if (bytes) out.push(bytes);
  }
  const last = events.fault || events.isDone ? null : events.end();
  if (last) out.push(last);
  return { out: Buffer.concat(out).toString('utf8'), report: draft.toReport(), events };
}

function cut(whole: string, sizeBytes: number): Buffer[] {
  const bytes = Buffer.from(whole);
  const count = Math.ceil(bytes.length / sizeBytes);
  return Array.from({ length: count }, (_, at) =>
    bytes.subarray(at * sizeBytes, (at + 1) * sizeBytes),
  );
}

describe('ChatEventRelay', () => {
  it.each([1, 2, 3, 7, 100, 1_000, 100_000])('is the same in pieces of %i bytes', (sizeBytes) => {
    const hidden = relay(cut(STREAM, sizeBytes));
    expect(hidden.out).toBe(STREAM.replace(COUNTED, ''));
    expect(hidden.report).toMatchObject({
      usage: { inputTokens: 7, outputTokens: 5 },
      servedModel: 'm-1',
      finishReason: 'stop',
      warnings: [],
    });
    expect(relay(cut(STREAM, sizeBytes), true).out).toBe(STREAM);
    const carried = STREAM.replaceAll('\n', '\r\n');
    expect(relay(cut(carried, sizeBytes)).out.replaceAll('\r\n', '\n')).toBe(hidden.out);
  });

  it('hands pieces of whole lines on as the very bytes that came', () => {
    const events = new ChatEventRelay(new ChatReportDraft(null, []), false);
    const part = Buffer.from(text('Hello'));
    expect(events.push(part)).toBe(part);
  });

  it.each([END, END.trimEnd(), `${END.trimEnd()}\n`])('gives the end %o its mark', (end) => {
    const { out, report } = relay([Buffer.from(text('a') + end)]);
    expect(out).toBe(`${text('a')}${END}data: [DONE]\n\n`);
    expect(report.finishReason).toBe('stop');
  });

  it('does not take a stream for an answer that has no end', () => {
    expect(() => relay([Buffer.from(text('a'))])).toThrow('without an end');
    expect(() => relay([])).toThrow('without an end');
  });

  it('finds the end before much that follows it, and of the first choice alone', () => {
    const filter = chunk({ choices: [{ index: 0, delta: {}, finish_reason: null }] });
    const other = chunk({ choices: [{ index: 1, delta: {}, finish_reason: 'length' }] });
    const { report } = relay([Buffer.from(END + other + filter.repeat(9))]);
    expect(report.finishReason).toBe('stop');
  });

  it.each(['data: {"error":{"code":502}}\n\n', 'event: error\ndata: {"message":"x"}\n\n'])(
    'stops at the fault %o and hands on what came before it',
    (fault) => {
      for (const sizeBytes of [1, 10_000]) {
        const { out, events } = relay(cut(text('a') + fault + STREAM, sizeBytes));
        expect(out.trimEnd()).toBe(text('a').trimEnd());
        expect(events.fault?.body).toBeTypeOf('object');
      }
    },
  );

  it('keeps no line beyond its bound', () => {
    const parts = Array.from({ length: 20 }, () => Buffer.alloc(65_536, 0x61));
    expect(() => relay(parts)).toThrow('too long');
  });

  it('does not believe a usage that cannot be', () => {
    const lie = chunk({ choices: [], usage: { prompt_tokens: -1, completion_tokens: 1e12 } });
    const { report, out } = relay([Buffer.from(END + lie)]);
    expect(report).toMatchObject({ usage: null, warnings: [{ code: 'usage_unreadable' }] });
    expect(out).not.toContain('prompt_tokens');
  });
});
