// Proves that one conversation, held with OpenAI's own client, comes out alike whichever vendor holds it: what each is
// sent in its own words, what it answers in OpenAI's, and what it costs by its price list. And that a stream of a vendor
// that speaks OpenAI's form is handed on byte by byte.
import { APIError, RateLimitError } from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import type {
  ChatCompletion,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CITY_FORM, PIXEL_URL, WEATHER_TOOL } from '../../contract/chat-call.factory.js';
import {
  startWithTextVendors,
  type TextApplication,
  type TextVendor,
  VENDOR_KEY,
} from '../../setup/text-application.js';

type Body = ChatCompletionCreateParamsNonStreaming;

interface Rates {
  input: number;
  cached: number;
  write: number;
  output: number;
}

/** Micros a token, by prices.json; Ollama's as the application was told. */
const VENDORS: readonly [vendor: TextVendor, model: string, rates: Rates][] = [
  ['openai', 'gpt-4o-mini', { input: 0.15, cached: 0.075, write: 0.15, output: 0.6 }],
  ['gemini', 'gemini-3.8-flash', { input: 0.75, cached: 0.075, write: 0.75, output: 3.75 }],
  ['anthropic', 'claude-sonnet-4-6', { input: 3, cached: 0.3, write: 3.75, output: 15 }],
  ['ollama', 'qwen3-vl', { input: 0.1, cached: 0.1, write: 0.1, output: 0.3 }],
];
const PIXEL = PIXEL_URL.split(',')[1];
const OPENING: ChatCompletionMessageParam[] = [
  { role: 'system', content: 'Be kind.' },
  {
    role: 'user',
    content: [
      { type: 'text', text: 'How is the weather there?' },
      { type: 'image_url', image_url: { url: PIXEL_URL } },
    ],
  },
];
/** What keeps the line open until the first piece comes. */
const COMMENTS = /^(?:(?::[^\n]*\n)+\n)+/;
const SPEAKING = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Sieh: 🦊 “é”' }] };

let atelier: TextApplication;

beforeAll(async () => {
  atelier = await startWithTextVendors({ STREAM_PING_S: '1' });
});
afterAll(() => atelier.stop());
beforeEach(() => atelier.reset());

/** The answer, whichever way it comes. */
async function ask(body: Body, isStream: boolean) {
  const { completions } = atelier.createClient().chat;
  if (!isStream) return completions.create(body).withResponse();
  const { data: chunks, response } = await completions
    .create({ ...body, stream: true, stream_options: { include_usage: true } })
    .withResponse();
  // The client's own way of putting chunks together.
  const stream = ChatCompletionStream.fromReadableStream(chunks.toReadableStream());
  return { data: (await stream.finalChatCompletion()) as ChatCompletion, response };
}

/** Headers, usage row, wallet and the client's own count agree. */
async function expectPaid(
  { data, response }: Awaited<ReturnType<typeof ask>>,
  [provider, model, rates]: (typeof VENDORS)[number],
) {
  expect(response.headers.get('x-provider')).toBe(provider);
  expect(response.headers.get('x-model-used')).toBe(model);
  expect(data.model.startsWith(model)).toBe(true);
  const { prompt_tokens: input, completion_tokens: output, prompt_tokens_details } = data.usage!;
  const details = (prompt_tokens_details ?? {}) as Record<string, number>;
  const { cached_tokens: cached = 0, cache_write_tokens: written = 0 } = details;
  const micros =
    (input - cached - written) * rates.input +
    cached * rates.cached +
    written * rates.write +
    output * rates.output;
  expect(input).toBeGreaterThan(0);
  expect(await atelier.findUsage(response.headers.get('x-call-id'))).toMatchObject({
    provider,
    model,
    connection: `env:${provider}`,
    requested_model: model,
    outcome: 'succeeded',
    tier: 'platform',
    input_tokens: input,
    cached_input_tokens: cached,
    output_tokens: output,
    is_estimated: false,
    list_cost_micros: Math.ceil(Number(micros.toFixed(6))),
    charged_micros: Math.ceil(Number(micros.toFixed(6))),
  });
  expect((await atelier.wallet()).held_micros).toBe(0);
}

/** What each vendor was sent last, by what it calls the parts of a conversation. */
function readLastSent(vendor: TextVendor) {
  const { fields } = atelier.vendors[vendor].calls.at(-1)!;
  return JSON.stringify(fields);
}

describe.each(VENDORS)('a conversation with %s', (...priced) => {
  const [vendor, model] = priced;

  it.each([false, true])('calls a tool and hears its result (stream: %s)', async (isStream) => {
    const tools = [WEATHER_TOOL];
    const first = await ask({ model, messages: OPENING, tools, tool_choice: 'required' }, isStream);
    await expectPaid(first, priced);
    const [choice] = first.data.choices;
    expect(choice?.finish_reason).toBe('tool_calls');
    const message = choice!.message;
    expect(message.tool_calls).toHaveLength(1);
    const [call] = message.tool_calls!;
    expect(call).toMatchObject({ id: expect.any(String), type: 'function' });
    expect(call).toMatchObject({ function: { name: 'get_weather' } });
    expect(JSON.parse((call as { function: { arguments: string } }).function.arguments)).toEqual({
      city: 'Paris',
    });
    const sent = readLastSent(vendor);
    for (const word of ['Be kind.', 'How is the weather there?', PIXEL, 'get_weather']) {
      expect(sent).toContain(word);
    }

    // Just as it came, with whatever a vendor has put into it.
    const result = { role: 'tool' as const, tool_call_id: call!.id, content: '{"degrees": 21}' };
    const second = await ask({ model, messages: [...OPENING, message, result], tools }, isStream);
    await expectPaid(second, priced);
    expect(second.data.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { role: 'assistant', content: expect.stringMatching(/^You said/) },
    });
    expect(readLastSent(vendor)).toMatch(/degrees/);
  });

  it.each([false, true])('keeps to a schema (stream: %s)', async (isStream) => {
    const messages = [{ role: 'user' as const, content: 'Which city?' }];
    const answer = await ask({ model, messages, response_format: CITY_FORM }, isStream);
    expect(JSON.parse(answer.data.choices[0]?.message.content ?? '')).toEqual({ city: 'Paris' });
    await expectPaid(answer, priced);
  });
});

describe('a conversation that changes its vendor', () => {
  const tools = [WEATHER_TOOL];
  const pairs = VENDORS.flatMap(([, from]) => VENDORS.map(([, to]) => [from, to] as const));

  it.each(pairs.filter(([from, to]) => from !== to))('goes on, from %s to %s', async (from, to) => {
    const { completions } = atelier.createClient().chat;
    const first = await completions.create({
      model: from,
      messages: OPENING,
      tools,
      tool_choice: 'required',
    });
    const { message } = first.choices[0]!;
    const [call] = message.tool_calls!;
    // What OpenAI takes back.
    expect(call!.id).toMatch(/^.{1,40}$/);
    const result = { role: 'tool' as const, tool_call_id: call!.id, content: '{"degrees": 21}' };
    const messages = [...OPENING, message, result];
    const second = await completions.create({ model: to, messages, tools });
    expect(second.choices[0]?.message.content).toMatch(/^You said/);
  });
});

describe('a schema of many parts', () => {
  const Place = z.object({
    kind: z.enum(['city', 'village']),
    name: z.string().describe('As its people call it'),
    code: z.union([z.string(), z.number()]).nullable(),
    inhabitants: z.number().int().nullable(),
    twins: z.array(z.object({ name: z.string(), since: z.number() })),
    get parts() {
      return z.array(Place);
    },
  });

  it.each(VENDORS)('is taken by %s, of an answer and of a tool', async (vendor, model) => {
    const { completions } = atelier.createClient().chat;
    const messages = [{ role: 'user' as const, content: 'Which place?' }];
    const response_format = zodResponseFormat(Place, 'place');
    const answer = await completions.create({ model, messages, response_format });
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    const tools = [zodFunction({ name: 'show_place', parameters: Place })];
    const called = await completions.create({ model, messages, tools, tool_choice: 'required' });
    expect(called.choices[0]?.message.tool_calls).toHaveLength(1);
    expect(readLastSent(vendor)).toContain('As its people call it');
  });
});

describe('what a vendor does wrong', () => {
  const messages = [{ role: 'user' as const, content: 'one two three' }];

  it.each<[TextVendor, string, string]>([
    ['gemini', 'gemini-3.8-flash', 'chat_error_event'],
    ['anthropic', 'claude-sonnet-4-6', 'error_event'],
    ['ollama', 'qwen3-vl', 'error_event'],
  ])('in the midst of a stream is thrown by the client: %s', async (vendor, model, fault) => {
    atelier.vendors[vendor].failNext(fault as never);
    const { data: stream, response } = await atelier
      .createClient()
      .chat.completions.create({ model, messages, stream: true })
      .withResponse();
    const reading = (async () => {
      for await (const chunk of stream) expect(chunk.object).toBe('chat.completion.chunk');
    })();
    const error: unknown = await reading.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ code: expect.stringMatching(/^provider\./) });
    expect((error as APIError).message).not.toMatch(/overloaded|runner|EOF/i);
    const usage = await atelier.findUsage(response.headers.get('x-call-id'));
    expect(usage).toMatchObject({ outcome: 'failed', provider: vendor });
    expect((await atelier.wallet()).held_micros).toBe(0);
  });

  it.each<[TextVendor, string, string]>([
    ['gemini', 'gemini-3.8-flash', 'rate_limit'],
    ['anthropic', 'claude-sonnet-4-6', 'rate_limited'],
    ['ollama', 'qwen3-vl', 'rate_limited'],
  ])('by its limits is a RateLimitError: %s', async (vendor, model, fault) => {
    atelier.vendors[vendor].failNext(fault as never);
    const client = atelier.createClient({ maxRetries: 0 });
    const error: unknown = await client.chat.completions
      .create({ model, messages })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RateLimitError);
    expect((error as RateLimitError).headers?.get('retry-after')).toMatch(/^\d+$/);
  });
});

describe('embeddings', () => {
  it.each<[TextVendor, string, number, boolean]>([
    ['openai', 'text-embedding-3-small', 1_536, false],
    ['gemini', 'gemini-embedding-001', 3_072, true],
    ['ollama', 'nomic-embed-text', 768, false],
  ])('of %s', async (provider, model, dimensions, is_estimated) => {
    const { data, response } = await atelier
      .createClient()
      .embeddings.create({ model, input: ['a fox in the snow', 'an owl'] })
      .withResponse();
    expect(data.data.map(({ index, embedding }) => [index, embedding.length])).toEqual([
      [0, dimensions],
      [1, dimensions],
    ]);
    const usage = await atelier.findUsage(response.headers.get('x-call-id'));
    expect(usage).toMatchObject({ provider, model, outcome: 'succeeded', is_estimated });
    expect(usage.input_tokens).toBe(data.usage.prompt_tokens);
    expect(usage.charged_micros).toBeGreaterThan(0);
  });
});

describe('the bytes of a stream', () => {
  const read = async (url: string, key: string, body: object) => {
    const response = await fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
    return { headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
  };
  /** The same body, sent to the vendor and through the house. */
  const readBoth = async (body: object, fault?: 'pieces' | 'slow=2500') => {
    const { openai } = atelier.vendors;
    const upstream = await read(openai.baseUrl, VENDOR_KEY, body);
    if (fault) openai.failNext(fault);
    const { authorization } = atelier.key;
    const relayed = await read(atelier.openaiUrl, authorization!.slice('Bearer '.length), body);
    return {
      upstream: upstream.bytes.toString(),
      relayed: relayed.bytes.toString(),
      headers: relayed.headers,
    };
  };
  const withoutComments = (text: string) => text.replace(COMMENTS, '');
  const stream = { stream: true, stream_options: { include_usage: true } };

  it.each<[string, object, 'pieces' | undefined]>([
    ['words', {}, undefined],
    ['words that come byte by byte', {}, 'pieces'],
    ['several answers with their odds', { n: 3, logprobs: true }, undefined],
    ['calls of tools', { tools: [WEATHER_TOOL], tool_choice: 'required' }, undefined],
  ])('are the vendor’s: %s', async (_, more, fault) => {
    const { upstream, relayed, headers } = await readBoth(
      { ...SPEAKING, ...stream, ...more },
      fault,
    );
    expect(withoutComments(relayed)).toBe(upstream);
    expect(relayed.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(headers.get('x-accel-buffering')).toBe('no');
  });

  it('are the vendor’s when it takes its time, but for comments that keep the line open', async () => {
    const { upstream, relayed } = await readBoth({ ...SPEAKING, ...stream }, 'slow=2500');
    expect(relayed).toMatch(COMMENTS);
    expect(withoutComments(relayed)).toBe(upstream);
    atelier.vendors.openai.failNext('slow=2500');
    const chat = atelier
      .createClient()
      .chat.completions.stream(SPEAKING as Body & { stream: true });
    expect(await chat.finalContent()).toBe('You said: Sieh: 🦊 “é”');
  });

  it('of an answer that is no stream are the vendor’s as well', async () => {
    const { upstream, relayed } = await readBoth(SPEAKING);
    expect(relayed).toBe(upstream);
  });
});
