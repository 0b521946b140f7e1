// Proves that an answer of chat comes out as a response of OpenAI's form: that its events build the whole, as OpenAI's own
// client reads them, however it was cut; and how a request to the Responses API is said in the words of chat.
import * as fc from 'fast-check';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { createChatCall } from '../../../test/contract/chat-call.factory.js';
import { SystemClock } from '../../common/clock.js';
import { DomainError } from '../../common/domain-error.js';
import type { JsonValue } from '../../common/json-value.js';
import type { ChatCall, ChatReply, TokenUsage } from '../spec/chat-call.js';
import type { ChatProviderStrategy } from '../spec/chat-provider.strategy.js';
import { ChatResponsesProvider } from './chat-responses.provider.js';
import { convertToChatRequest } from './convert-to-chat-request.js';

const USAGE: TokenUsage = {
  inputTokens: 3,
  cachedInputTokens: 1,
  cacheWriteTokens: null,
  outputTokens: 9,
  reasoningTokens: 4,
};
const WARNING = {
  code: 'unsupported_option' as const,
  field: 'verbosity',
  message: 'verbosity is not supported by this model and was left out',
};

interface Said {
  thoughts: string;
  text: string;
  refusal: string;
  calls: readonly { name: string; given: string }[];
  finish: string;
}

type Item = Record<string, unknown>;

/** A vendor that says what it is told to, in pieces of so many characters. */
class Parrot implements ChatProviderStrategy {
  readonly id = 'parrot';
  readonly specification = 'chat/1';
  asked: ChatCall | null = null;

  constructor(
    private readonly said: Said,
    private readonly size = 3,
    private readonly rule: () => void = () => undefined,
  ) {}

  assertRequest(): void {
    this.rule();
  }

  submit(call: ChatCall): Promise<ChatReply> {
    this.asked = call;
    const { finish: finishReason } = this.said;
    const told = { usage: USAGE, servedModel: 'parrot-1', finishReason, vendorRequestId: null };
    return Promise.resolve({
      form: call.stream ? 'events' : 'json',
      body: call.stream ? this.stream() : this.whole(),
      report: () => ({ ...told, warnings: [WARNING] }),
    });
  }

  private async *whole(): AsyncGenerator<Uint8Array> {
    const { thoughts, text, refusal, calls, finish } = this.said;
    const tool_calls = calls.map((call, index) => toCall(call, index, call.given));
    const message = { content: text, reasoning_content: thoughts, refusal, tool_calls };
    const body = { model: 'parrot-1', choices: [{ message, finish_reason: finish }] };
    yield await Promise.resolve(Buffer.from(JSON.stringify(body)));
  }

  /** Cut anywhere, also within a character. */
  private async *stream(): AsyncGenerator<Uint8Array> {
    const deltas = [
      { role: 'assistant', content: '' },
      ...cut(this.said.thoughts, this.size).map((reasoning_content) => ({ reasoning_content })),
      ...cut(this.said.text, this.size).map((content) => ({ content })),
      ...cut(this.said.refusal, this.size).map((refusal) => ({ refusal })),
      ...this.said.calls.map((call, index) => ({
        tool_calls: [{ index, ...toCall(call, index, '') }],
      })),
      // By turns, as parallel calls may come.
      ...this.said.calls.flatMap(({ given }, index) =>
        cut(given, this.size).map((piece) => ({
          tool_calls: [{ index, function: { arguments: piece } }],
        })),
      ),
    ];
    const choices = [
      ...deltas.map((delta) => ({ delta, finish_reason: null })),
      { delta: {}, finish_reason: this.said.finish },
    ];
    const events = choices.map((choice) => toEvent({ model: 'parrot-1', choices: [choice] }));
    const bytes = Buffer.from(`${events.join('')}data: [DONE]\n\n`);
    for (let at = 0; at < bytes.length; at += 50) {
      yield await Promise.resolve(bytes.subarray(at, at + 50));
    }
  }
}

const toEvent = (chunk: object) => `data: ${JSON.stringify(chunk)}\n\n`;
const toCall = ({ name }: { name: string }, index: number, given: string) => ({
  id: `call_${index}`,
  type: 'function',
  function: { name, arguments: given },
});

function cut(text: string, size: number): string[] {
  return text.match(new RegExp(`[^]{1,${size}}`, 'gu')) ?? [];
}

const letters = fc.string({ unit: 'grapheme', maxLength: 30 });
const said: fc.Arbitrary<Said> = fc.record({
  thoughts: letters,
  text: letters,
  refusal: fc.oneof(fc.constant(''), letters),
  calls: fc.array(fc.record({ name: fc.constantFrom('f', 'g'), given: letters }), { maxLength: 3 }),
  finish: fc.constantFrom('stop', 'length', 'content_filter', 'tool_calls'),
});

async function answer(spoken: Said, stream: boolean, size = 3) {
  const provider = new ChatResponsesProvider(new Parrot(spoken, size), new SystemClock());
  const call = createChatCall({ model: 'parrot', stream });
  const reply = await provider.submit({ ...call, request: { input: 'hello', truncation: 'auto' } });
  const parts: Uint8Array[] = [];
  for await (const part of reply.body) parts.push(part);
  return { text: Buffer.concat(parts).toString('utf8'), report: reply.report() };
}

/** What OpenAI's own helper builds of the events, up to the one that repeats the whole. */
async function follow(text: string): Promise<Item[]> {
  const events = text.split('\n\n').slice(0, -2);
  const body = events.map((event) => `${event}\n\n`).join('');
  const headers = { 'content-type': 'text/event-stream' };
  const client = new OpenAI({
    apiKey: 'k',
    maxRetries: 0,
    fetch: () => Promise.resolve(new Response(body, { headers })),
  });
  const final = await client.responses.stream({ model: 'm', input: 'i' }).finalResponse();
  return final.output as unknown as Item[];
}

/** Without what the helper adds for those who parse, and what was not over when an answer was cut. */
const plain = (items: unknown): unknown =>
  JSON.parse(
    JSON.stringify(items, (key, value: unknown) => (key.startsWith('parsed') ? undefined : value)),
  );

describe('an answer of chat as a response', () => {
  it('is the same whole as by its events', async () => {
    await fc.assert(
      fc.asyncProperty(said, fc.integer({ min: 1, max: 7 }), async (spoken, size) => {
        const { text: whole, report } = await answer(spoken, false);
        const { text: events } = await answer(spoken, true, size);
        const response = JSON.parse(whole) as Item;
        const last = JSON.parse(events.trim().split('\ndata: ').at(-1)!) as { response: Item };
        const moment = { created_at: 0 };
        expect({ ...last.response, ...moment }).toEqual({ ...response, ...moment });
        expect(plain(await follow(events))).toEqual(response.output);
        expect(report.usage).toBe(USAGE);
      }),
      { numRuns: 60 },
    );
  });

  it('has what was said in its order, and says why it ended', async () => {
    const calls = [{ name: 'f', given: '{"a":1}' }];
    const spoken = { thoughts: 'Hm.', text: 'Yes.', refusal: '', calls, finish: 'tool_calls' };
    const { text, report } = await answer(spoken, false);
    expect(JSON.parse(text)).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'parrot-1',
      store: false,
      output: [
        { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'Hm.' }] },
        { type: 'message', content: [{ type: 'output_text', text: 'Yes.', annotations: [] }] },
        { type: 'function_call', call_id: 'call_0', name: 'f', arguments: '{"a":1}' },
      ],
      usage: {
        input_tokens: 3,
        input_tokens_details: { cached_tokens: 1 },
        output_tokens: 9,
        output_tokens_details: { reasoning_tokens: 4 },
        total_tokens: 12,
      },
    });
    expect(report.warnings.map(({ field }) => field)).toEqual(['truncation', 'text.verbosity']);
    expect(report.warnings[1]?.message).toMatch(/^text\.verbosity is not/);
    const short = JSON.parse((await answer({ ...spoken, finish: 'length' }, false)).text);
    expect(short.status).toBe('incomplete');
    expect(short.incomplete_details).toEqual({ reason: 'max_output_tokens' });
    const { text: events } = await answer({ ...spoken, finish: 'content_filter' }, true);
    expect(events).toContain('event: response.incomplete\n');
  });

  it('numbers its events from the first', async () => {
    const spoken = { thoughts: 'a', text: 'b', refusal: '', calls: [], finish: 'stop' };
    const { text } = await answer(spoken, true);
    const numbers = [...text.matchAll(/"sequence_number":(\d+)/g)].map(([, one]) => Number(one));
    expect(numbers).toEqual(numbers.map((_, at) => at));
    expect(text.startsWith('event: response.created\n')).toBe(true);
    expect(text).toMatch(/event: response\.completed\n[^\n]+\n\n$/);
  });
});

describe('a request to the Responses API', () => {
  const convert = (request: object) =>
    convertToChatRequest(request as Readonly<Record<string, JsonValue>>);

  it('is said in the words of chat', () => {
    const schema = { type: 'object' };
    const { request, warnings } = convert({
      instructions: 'Be brief.',
      input: [
        { role: 'developer', content: 'Be kind.' },
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'What is it?' },
            { type: 'input_image', image_url: 'data:x', detail: 'low' },
            { type: 'input_file', filename: 'a.pdf', file_data: 'data:y' },
          ],
        },
        { type: 'reasoning', id: 'rs_1', summary: [] },
        { role: 'assistant', content: [{ type: 'output_text', text: 'A fox.' }] },
        { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
        { type: 'function_call', call_id: 'c2', name: 'f', arguments: '{"a":1}' },
        { type: 'function_call_output', call_id: 'c1', output: 'one' },
        {
          type: 'function_call_output',
          call_id: 'c2',
          output: [{ type: 'input_text', text: 'two' }],
        },
      ],
      tools: [{ type: 'function', name: 'f', parameters: schema, strict: true }],
      tool_choice: { type: 'function', name: 'f' },
      max_output_tokens: 9,
      temperature: 0.5,
      text: { format: { type: 'json_schema', name: 'n', schema, strict: true }, verbosity: 'low' },
      reasoning: { effort: 'max' },
      include: ['reasoning.encrypted_content'],
      parallel_tool_calls: false,
    });
    const call = (id: string, given: string) => ({
      id,
      type: 'function',
      function: { name: 'f', arguments: given },
    });
    expect(request).toEqual({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: 'Be kind.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url: 'data:x', detail: 'low' } },
            { type: 'file', file: { filename: 'a.pdf', file_data: 'data:y' } },
          ],
        },
        {
          role: 'assistant',
          content: 'A fox.',
          tool_calls: [call('c1', '{}'), call('c2', '{"a":1}')],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'one' },
        { role: 'tool', tool_call_id: 'c2', content: 'two' },
      ],
      tools: [{ type: 'function', function: { name: 'f', parameters: schema, strict: true } }],
      tool_choice: { type: 'function', function: { name: 'f' } },
      max_tokens: 9,
      temperature: 0.5,
      parallel_tool_calls: false,
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema, strict: true } },
      verbosity: 'low',
      reasoning_effort: 'xhigh',
    });
    expect(warnings).toEqual([]);
  });

  it('says what it cannot say', () => {
    const { warnings } = convert({
      input: 'x',
      include: ['message.output_text.logprobs'],
      top_logprobs: 2,
      context_management: [{ type: 'compaction' }],
      moderation: { model: 'm' },
    });
    const lost = ['include', 'top_logprobs', 'context_management', 'moderation'];
    expect(warnings.map(({ field }) => field)).toEqual(lost);
  });

  const show = (...content: object[]) => ({ input: [{ role: 'user', content }] });
  it.each<[string, object]>([
    ['tools[1].type', { input: 'x', tools: [{ type: 'function', name: 'f' }, { type: 'custom' }] }],
    [
      'tool_choice.type',
      { input: 'x', tools: [{ type: 'function', name: 'f' }], tool_choice: { type: 'mcp' } },
    ],
    ['input[0].type', { input: [{ type: 'web_search_call', id: 'w' }] }],
    ['input[0].content[1].type', show({ type: 'input_text', text: 'x' }, { type: 'logs' })],
    [
      'input[0].output[0].type',
      {
        input: [{ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image' }] }],
      },
    ],
  ])('refuses what chat has no word for, by name: %s', (field, request) => {
    expect(() => convert(request)).toThrow(DomainError);
    try {
      convert(request);
    } catch (error) {
      expect(error).toMatchObject({ code: 'routing.capability_missing', fields: [{ field }] });
    }
  });

  it.each([
    ['messages[1].content[0].image_url.url', 'input[0].content[0].image_url'],
    ['messages[0].content', 'instructions'],
    ['messages[2].tool_calls[0].function.arguments', 'input[1]'],
    ['response_format', 'text.format'],
    ['messages', 'input'],
    ['n', 'n'],
  ])('is refused by the vendor in its own words: %s is %s', (field, own) => {
    const refuse = () => {
      throw DomainError.invalid(field, 'must be otherwise');
    };
    const parrot = new Parrot(
      { thoughts: '', text: '', refusal: '', calls: [], finish: '' },
      1,
      refuse,
    );
    const provider = new ChatResponsesProvider(parrot, new SystemClock());
    const input: JsonValue = [
      { role: 'user', content: [{ type: 'input_text', text: 'x' }] },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{' },
    ];
    const refused = () => provider.assertRequest({ instructions: 'Be brief.', input });
    expect(refused).toThrow(`${own} must be otherwise`);
  });
});
