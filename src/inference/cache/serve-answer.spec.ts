/** Proves that an answer kept in one form is told in the other without loss, by examples and by property. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonRecord } from '../../providers/shared/read-json.js';
import { readChunks } from './read-chunks.js';
import type { CachedAnswer } from './response-cache.port.js';
import { serveAnswer } from './serve-answer.js';

const USAGE = {
  prompt_tokens: 9,
  completion_tokens: 12,
  total_tokens: 21,
  completion_tokens_details: { reasoning_tokens: 3, audio_tokens: 0 },
};
const HEAD = { id: 'chatcmpl-1', created: 1_790_000_000, model: 'gpt-4o-mini-2024-07-18' };
const JSON_FORM = { form: 'json', showsUsage: false } as const;
const EVENTS = { form: 'events', showsUsage: false } as const;
const EVENTS_WITH_USAGE = { form: 'events', showsUsage: true } as const;

const toKept = (form: 'json' | 'events', bytes: Buffer, showsUsage = false): CachedAnswer => ({
  form,
  bytes,
  showsUsage,
  usage: JSON.stringify(USAGE),
  keptAtMs: 0,
});
const toStream = (chunks: readonly unknown[]) =>
  Buffer.from(
    [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]']
      .map((text) => `data: ${text}\n\n`)
      .join(''),
  );
const toChunk = (choice: unknown, more = {}) => ({
  ...HEAD,
  object: 'chat.completion.chunk',
  choices: [choice],
  ...more,
});
const toJson = (answer: CachedAnswer): JsonRecord =>
  JSON.parse(serveAnswer(answer, JSON_FORM)!.toString()) as JsonRecord;
const keptOf = (completion: unknown) => toKept('json', Buffer.from(JSON.stringify(completion)));

describe('a streamed answer told whole', () => {
  it('has its texts, calls, refusals and probabilities put together for each choice', () => {
    const logprob = (token: string) => ({ token, logprob: -0.1, bytes: null, top_logprobs: [] });
    const call = (index: number, piece: object) => ({
      delta: { tool_calls: [{ index, ...piece }] },
    });
    const chunks = [
      toChunk({ index: 1, delta: { role: 'assistant', content: '' }, finish_reason: null }),
      toChunk(
        { index: 0, delta: { role: 'assistant', content: '' } },
        { system_fingerprint: 'fp' },
      ),
      toChunk({ index: 0, delta: { content: 'Grü' }, logprobs: { content: [logprob('Grü')] } }),
      toChunk({
        index: 1,
        ...call(0, { id: 'a', type: 'function', function: { name: 'f', arguments: '' } }),
      }),
      toChunk({ index: 0, delta: { content: 'ße' }, logprobs: { content: [logprob('ße')] } }),
      toChunk({
        index: 1,
        ...call(1, { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } }),
      }),
      toChunk({ index: 1, ...call(0, { function: { arguments: '{"x"' } }) }),
      toChunk({ index: 1, ...call(0, { function: { arguments: ':1}' } }) }),
      toChunk({ index: 2, delta: { role: 'assistant', refusal: 'I ' } }, { obfuscation: 'xxxx' }),
      toChunk({ index: 2, delta: { refusal: 'will not.' } }),
      toChunk({ index: 0, delta: {}, finish_reason: 'stop' }),
      toChunk({ index: 1, delta: {}, finish_reason: 'tool_calls' }),
      toChunk({ index: 2, delta: {}, finish_reason: 'stop' }),
    ];
    const message = { role: 'assistant', content: null, refusal: null };
    const tool = (id: string, name: string, given: string) => ({
      id,
      type: 'function',
      function: { name, arguments: given },
    });
    expect(toJson(toKept('events', toStream(chunks)))).toEqual({
      ...HEAD,
      object: 'chat.completion',
      system_fingerprint: 'fp',
      choices: [
        {
          index: 0,
          message: { ...message, content: 'Grüße' },
          logprobs: { content: [logprob('Grü'), logprob('ße')] },
          finish_reason: 'stop',
        },
        {
          index: 1,
          message: { ...message, tool_calls: [tool('a', 'f', '{"x":1}'), tool('b', 'g', '{}')] },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
        {
          index: 2,
          message: { ...message, refusal: 'I will not.' },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: USAGE,
    });
  });
});

describe('usage in a stream', () => {
  const plain = toStream([toChunk({ index: 0, delta: { content: 'a' }, finish_reason: 'stop' })]);

  it('is as it came where it was wanted alike', () => {
    expect(serveAnswer(toKept('events', plain), EVENTS)).toBe(plain);
  });

  it('comes last where it is wanted, and in no chunk where it is not', () => {
    const shown = serveAnswer(toKept('events', plain), EVENTS_WITH_USAGE)!;
    const chunks = readChunks(shown)!;
    expect(chunks.map(({ usage }) => usage)).toEqual([null, USAGE]);
    expect(chunks.at(-1)).toMatchObject({ ...HEAD, choices: [] });
    const hidden = readChunks(serveAnswer(toKept('events', shown, true), EVENTS)!)!;
    expect(hidden).toEqual(readChunks(plain));
    expect(shown.toString().endsWith('data: [DONE]\n\n')).toBe(true);
  });
});

const text = fc.string({ unit: 'grapheme' });
const call = fc
  .record({ id: fc.uuid(), name: fc.string({ minLength: 1 }), given: text })
  .map(({ id, name, given }) => ({
    id,
    type: 'function',
    function: { name, arguments: given },
  }));
const spoken = fc.record({ content: text, refusal: fc.constant(null) });
const calling = fc.record({
  content: fc.oneof(
    fc.constant(null),
    text.filter((one) => one !== ''),
  ),
  refusal: fc.constant(null),
  tool_calls: fc.array(call, { minLength: 1, maxLength: 3 }),
});
const refusing = fc.record({ content: fc.constant(null), refusal: text });
const probability = fc.record({
  token: text,
  logprob: fc.double({ noNaN: true, max: 0, min: -50 }),
});
const choice = fc.record({
  message: fc.oneof(spoken, calling, refusing),
  logprobs: fc.oneof(
    fc.constant(null),
    fc.record({ content: fc.array(probability), refusal: fc.constant(null) }),
  ),
  finish_reason: fc.constantFrom('stop', 'length', 'tool_calls'),
  stop_reason: fc.constantFrom(null, 7),
});
const completion = fc
  .record({ choices: fc.array(choice, { minLength: 1, maxLength: 3 }), tier: text })
  .map(({ choices, tier }) => ({
    ...HEAD,
    object: 'chat.completion',
    choices: choices.map((one, index) => ({
      index,
      ...one,
      message: { role: 'assistant', ...one.message },
    })),
    usage: USAGE,
    service_tier: tier,
  }));

describe('an answer told in the other form and back', () => {
  it('is the same answer', () => {
    fc.assert(
      fc.property(completion, fc.boolean(), (whole, showsUsage) => {
        // What JSON cannot tell apart, as 0 and -0, is one.
        const given = JSON.parse(JSON.stringify(whole)) as JsonRecord;
        const stream = serveAnswer(keptOf(given), { form: 'events', showsUsage })!;
        expect(toJson(toKept('events', stream, showsUsage))).toEqual(given);
      }),
    );
  });

  it('is the same however the stream was cut into chunks', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 5 }), (content, size) => {
        const letters = [...content];
        const pieces = Array.from({ length: Math.ceil(letters.length / size) }, (_none, index) =>
          letters.slice(index * size, (index + 1) * size).join(''),
        );
        const chunks = [
          toChunk({ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }),
          ...pieces.map((piece) => toChunk({ index: 0, delta: { content: piece } })),
          toChunk({ index: 0, delta: {}, finish_reason: 'stop' }),
        ];
        const told = toJson(toKept('events', toStream(chunks)));
        expect(told.choices).toMatchObject([{ message: { content }, finish_reason: 'stop' }]);
      }),
    );
  });
});
