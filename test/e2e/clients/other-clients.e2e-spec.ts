// Proves that Vercel's `ai` (by `@ai-sdk/openai` and `@ai-sdk/openai-compatible`) and LangChain's `@langchain/openai`,
// unmodified, work here: nothing but base URL, key and model is set.
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { HumanMessage, SystemMessage } from '@langchain/core/messages';
import { tool as toLangchainTool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import {
  APICallError,
  embed,
  embedMany,
  generateImage,
  generateObject,
  generateText,
  Output,
  RetryError,
  stepCountIs,
  streamObject,
  streamText,
  tool,
} from 'ai';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PIXEL_URL } from '../../contract/chat-call.factory.js';
import { API_KEY } from '../../setup/application.js';
import { startWithTextVendors, type TextApplication } from '../../setup/text-application.js';

const City = z.object({ city: z.string() });
const CHAT_MODELS = ['embedded-chat', 'gpt-6-luna', 'gemini-3.8-flash', 'claude-haiku-5-5'];
const EMBEDDING_MODELS = ['embedded-embedding', 'text-embedding-3-small'];
const PROMPT = 'How is the weather in Paris?';
const SAID = /weather in Paris/;

let atelier: TextApplication;

beforeAll(async () => {
  atelier = await startWithTextVendors();
});
afterAll(() => atelier.stop());
beforeEach(() => atelier.reset());

/** The vendor has seen its client leave, and nothing is set aside any more. */
async function expectLeft(): Promise<void> {
  await atelier.vendors.openai.untilLeft();
  const held = async () => (await atelier.wallet()).held_micros;
  await expect.poll(held, { timeout: 30_000 }).toBe(0);
}

function createProviders() {
  const options = { baseURL: atelier.openaiUrl, apiKey: API_KEY };
  const openai = createOpenAI(options);
  const compatible = createOpenAICompatible({
    ...options,
    name: 'atelier',
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
  return { openai, compatible };
}

const DIALECTS = [
  ['@ai-sdk/openai', (model: string) => createProviders().openai.chat(model)],
  ['@ai-sdk/openai-compatible', (model: string) => createProviders().compatible(model)],
] as const;
const CASES = DIALECTS.flatMap(([name, toModel]) =>
  CHAT_MODELS.map((model) => [name, model, toModel] as const),
);

describe.each(CASES)('ai by %s with %s', (_, name, toModel) => {
  it('writes, at once and as a stream', async () => {
    const model = toModel(name);
    const ask = { model, system: 'Be brief.', prompt: PROMPT, maxOutputTokens: 200 };
    const { text, usage, finishReason } = await generateText(ask);
    expect(text).toMatch(SAID);
    expect(finishReason).toBe('stop');
    expect(usage.outputTokens).toBeGreaterThan(0);
    const stream = streamText(ask);
    let heard = '';
    for await (const piece of stream.textStream) heard += piece;
    expect(heard).toBe(text);
    expect(await stream.usage).toMatchObject({
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
    });
  });

  it('makes objects by a schema, at once and as a stream', async () => {
    const model = toModel(name);
    const { object } = await generateObject({ model, schema: City, prompt: PROMPT });
    expect(object).toEqual({ city: 'Paris' });
    const stream = streamObject({ model, schema: City, prompt: PROMPT });
    const partial: unknown[] = [];
    for await (const part of stream.partialObjectStream) partial.push(part);
    expect(await stream.object).toEqual({ city: 'Paris' });
    expect(partial.at(-1)).toEqual({ city: 'Paris' });
    const output = Output.object({ schema: City });
    expect((await generateText({ model, output, prompt: PROMPT })).output).toEqual(object);
  });

  it('calls tools, and goes on with their results', async () => {
    const model = toModel(name);
    const asked: unknown[] = [];
    const tools = {
      get_weather: tool({
        description: 'The weather of a city',
        inputSchema: City,
        execute: (given) => {
          asked.push(given);
          return { degrees: 21 };
        },
      }),
    };
    const steps = {
      model,
      tools,
      prompt: PROMPT,
      stopWhen: stepCountIs(2),
      // Forced in the first step alone, else it would call for ever.
      prepareStep: ({ stepNumber }: { stepNumber: number }) => ({
        toolChoice: stepNumber === 0 ? ('required' as const) : ('none' as const),
      }),
    };
    const whole = await generateText(steps);
    expect(whole.steps).toHaveLength(2);
    expect(whole.text).not.toBe('');
    const stream = streamText(steps);
    const kinds = new Set<string>();
    for await (const { type } of stream.fullStream) kinds.add(type);
    expect([...kinds]).toEqual(expect.arrayContaining(['tool-call', 'tool-result', 'text-delta']));
    expect(kinds).not.toContain('error');
    expect(asked).toEqual([{ city: 'Paris' }, { city: 'Paris' }]);
    expect((await stream.steps).map(({ finishReason }) => finishReason)).toEqual([
      'tool-calls',
      'stop',
    ]);
  });
});

describe.each(['openai', 'compatible'] as const)('ai by %s', (dialect) => {
  it.each(EMBEDDING_MODELS)('embeds with %s', async (name) => {
    const providers = createProviders();
    const model = providers[dialect].textEmbeddingModel(name);
    const { embeddings, usage } = await embedMany({ model, values: ['a fox', 'an owl'] });
    expect(embeddings).toHaveLength(2);
    expect(usage.tokens).toBeGreaterThan(0);
    const { embedding } = await embed({ model, value: 'a fox' });
    expect(embedding).toEqual(embeddings[0]);
  });

  it('makes pictures', async () => {
    const model = createProviders()[dialect].imageModel('embedded-image');
    const { images } = await generateImage({ model, prompt: 'a fox', n: 2, size: '64x48' });
    expect(images).toHaveLength(2);
    for (const { uint8Array } of images) {
      expect(await sharp(uint8Array).metadata()).toMatchObject({ width: 64, height: 48 });
    }
  });

  it('looks at a picture', async () => {
    const providers = createProviders();
    const model =
      dialect === 'openai'
        ? providers.openai.chat('gpt-4o-mini')
        : providers.compatible('gpt-4o-mini');
    const content = [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'image' as const, image: PIXEL_URL },
    ];
    const { text } = await generateText({ model, messages: [{ role: 'user', content }] });
    expect(text).toBe('You said with 1 pictures: What is this?');
  });

  it('leaves in mid-stream, and so does the house at the vendor', async () => {
    const providers = createProviders();
    const name = 'gpt-4o-mini';
    const model = dialect === 'openai' ? providers.openai.chat(name) : providers.compatible(name);
    atelier.vendors.openai.failNext('stall');
    const controller = new AbortController();
    const { textStream } = streamText({ model, prompt: PROMPT, abortSignal: controller.signal });
    for await (const piece of textStream) {
      expect(piece).not.toBe('');
      controller.abort();
    }
    await expectLeft();
  });

  it('knows what it may repeat', async () => {
    const providers = createProviders();
    const toModel = (name: string) =>
      dialect === 'openai' ? providers.openai.chat(name) : providers.compatible(name);
    atelier.vendors.openai.failNext('server_error');
    const { text } = await generateText({ model: toModel('gpt-4o-mini'), prompt: PROMPT });
    expect(text).toMatch(SAID);
    const error: unknown = await generateText({ model: toModel('gpt-99'), prompt: PROMPT }).catch(
      (thrown: unknown) => thrown,
    );
    expect(RetryError.isInstance(error)).toBe(false);
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ statusCode: 404, isRetryable: false });
    expect((error as APICallError).message).toContain('gpt-99');
  });
});

describe.each(CHAT_MODELS)('langchain with %s', (model) => {
  const create = (more: object = {}) =>
    new ChatOpenAI({
      model,
      apiKey: API_KEY,
      configuration: { baseURL: atelier.openaiUrl },
      ...more,
    });
  const weather = toLangchainTool(() => '21 degrees', {
    name: 'get_weather',
    description: 'The weather of a city',
    schema: City,
  });

  it('writes, at once and as a stream', async () => {
    const chat = create({ maxTokens: 200 });
    const messages = [new SystemMessage('Be brief.'), new HumanMessage(PROMPT)];
    const whole = await chat.invoke(messages);
    expect(whole.text).toMatch(SAID);
    expect(whole.usage_metadata?.output_tokens).toBeGreaterThan(0);
    let heard = '';
    let outputTokens = 0;
    for await (const chunk of await chat.stream(messages)) {
      heard += chunk.text;
      outputTokens += chunk.usage_metadata?.output_tokens ?? 0;
    }
    expect(heard).toBe(whole.text);
    expect(outputTokens).toBe(whole.usage_metadata?.output_tokens);
  });

  it('calls tools, at once and as a stream, and hears their results', async () => {
    const chat = create().bindTools([weather], { tool_choice: 'required' });
    const question = new HumanMessage(PROMPT);
    const called = await chat.invoke([question]);
    const [call] = called.tool_calls ?? [];
    expect(call).toMatchObject({ name: 'get_weather', args: { city: 'Paris' } });
    let streamed: Awaited<ReturnType<typeof chat.stream>> extends AsyncIterable<infer C>
      ? C | undefined
      : never;
    for await (const chunk of await chat.stream([question])) {
      streamed = streamed ? streamed.concat(chunk) : chunk;
    }
    expect(streamed?.tool_calls).toMatchObject([{ name: 'get_weather', args: { city: 'Paris' } }]);
    const result = await weather.invoke({ ...call!, type: 'tool_call' });
    const answer = await create().bindTools([weather]).invoke([question, called, result]);
    expect(answer.text).not.toBe('');
  });

  it.each(['jsonSchema', 'functionCalling'] as const)('keeps to a schema by %s', async (method) => {
    const chat = create().withStructuredOutput(City, { name: 'city', method });
    expect(await chat.invoke(PROMPT)).toEqual({ city: 'Paris' });
  });
});

describe('langchain', () => {
  it('leaves in mid-stream, and so does the house at the vendor', async () => {
    const configuration = { baseURL: atelier.openaiUrl };
    const chat = new ChatOpenAI({ model: 'gpt-4o-mini', apiKey: API_KEY, configuration });
    atelier.vendors.openai.failNext('stall');
    for await (const chunk of await chat.stream(PROMPT)) {
      expect(chunk.id).toMatch(/^chatcmpl-/);
      break;
    }
    await expectLeft();
  });
});

describe.each(EMBEDDING_MODELS)('langchain with %s', (model) => {
  it('embeds documents and questions', async () => {
    const embeddings = new OpenAIEmbeddings({
      model,
      apiKey: API_KEY,
      configuration: { baseURL: atelier.openaiUrl },
    });
    const [fox, owl] = await embeddings.embedDocuments(['a fox', 'an owl']);
    expect(fox).not.toEqual(owl);
    expect(await embeddings.embedQuery('a fox')).toEqual(fox);
  });
});
