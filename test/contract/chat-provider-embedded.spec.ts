// Proves that the chat of the house keeps the contract without a vendor: repeatable, bounded, valid against schemas, and
// no burden for those beside it.
import { Ajv } from 'ajv';
import ajvFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { EmbeddedChatProvider } from '../../src/providers/embedded/embedded-chat.provider.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { type ChatRequest, createChatCall, readBody, WEATHER_TOOL } from './chat-call.factory.js';
import { readChunks, type ReadCompletion, readCompletion } from './chat-forms.js';
import { describeChatProvider } from './chat-provider.contract.js';

const provider = new EmbeddedChatProvider(new ModelCatalogService(), new SystemClock());

describeChatProvider(
  'embedded',
  { tools: true, images: false, imageUrls: false, jsonSchema: false, faults: [] },
  () =>
    Promise.resolve({
      provider,
      base: { model: 'embedded-chat' },
      failNext: () => undefined,
      countRequests: () => 0,
      slow: { provider_options: { piece_delay_ms: 5_000 } },
      refused: null,
      unsupported: { request: { logit_bias: { 50: 1 } }, field: 'logit_bias' },
      reset: () => undefined,
      stop: () => Promise.resolve(),
    }),
);

async function ask(
  request: ChatRequest,
  stream = false,
): Promise<ReadCompletion & { text: string }> {
  const reply = await provider.submit(createChatCall({ model: 'embedded-chat', request, stream }));
  const text = await readBody(reply);
  return { ...(stream ? readChunks(text) : readCompletion(text)), text };
}

const say = (content: string, fields: ChatRequest = {}) =>
  ask({ messages: [{ role: 'user', content }], ...fields });

const ARTICLE = `Honeybees dance to tell each other where flowers are. The dance points to the sun. ${'Weather was mild. '.repeat(4)}
A bee that returns with nectar dances longer for better flowers. Other bees follow the dance and find the flowers.`;

describe('answers', () => {
  it('are the same for the same messages, others for others and for another seed', async () => {
    const first = await say('Tell me of foxes.');
    expect((await say('Tell me of foxes.')).message).toEqual(first.message);
    expect(first.message.content).toContain('Tell me of foxes');
    expect((await say('Tell me of owls.')).message).not.toEqual(first.message);
    const seeds = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => say('Hello.', { seed })));
    expect(new Set(seeds.map(({ message }) => message.content)).size).toBeGreaterThan(1);
  });

  it('sum up what is long, and quote what a tool answered', async () => {
    const { message } = await say(ARTICLE);
    expect(message.content).toMatch(/^In short: /);
    expect(message.content).toContain('Other bees follow the dance');
    expect(message.content?.length).toBeLessThan(ARTICLE.length * 2);
    const tool = { role: 'tool', tool_call_id: 'a', content: '21 degrees' };
    const { message: told } = await ask({ messages: [{ role: 'user', content: 'Warm?' }, tool] });
    expect(told.content).toContain('The tool answered: “21 degrees”');
  });

  it('stop before a stop, and at the tokens allowed without half a character', async () => {
    const whole = (await say('The sea at night.')).message.content ?? '';
    const stopped = await say('The sea at night.', { stop: ['never said', 'words'] });
    expect(stopped.message.content).toBe(whole.slice(0, whole.indexOf('words')));
    for (let tokens = 1; tokens < 12; tokens += 1) {
      const { message, usage } = await say('🦊🦊🦊🦊🦊🦊', { max_tokens: tokens, seed: 3 });
      expect(message.content).not.toContain('\uFFFD');
      expect(usage?.completion_tokens).toBeLessThanOrEqual(tokens);
    }
  });

  it('count a token for four bytes, and four for each message', async () => {
    const { usage, message } = await say('1234 6789');
    const output = Math.ceil(Buffer.byteLength(message.content ?? '') / 4);
    expect(usage).toMatchObject({ prompt_tokens: 7, completion_tokens: output });
  });

  it('come in many pieces that make the same whole', async () => {
    const request = { messages: [{ role: 'user', content: ARTICLE }] };
    const [whole, streamed] = [await ask(request), await ask(request, true)];
    expect(streamed.message.content).toBe(whole.message.content);
    expect(streamed.text.split('data: ').length).toBeGreaterThan(20);
  });

  it('are refused before they begin where they cannot be given', async () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
    const messages = [{ role: 'user', content: [image] }];
    expect(() => provider.assertRequest({ messages })).toThrow(
      /messages\[0\]\.content must be text/,
    );
    const request = { messages: [], provider_options: { delay: 1 } };
    expect(() => provider.assertRequest(request)).toThrow(
      /provider_options\.delay is not an option/,
    );
    const call = createChatCall({ model: 'gpt-6-luna' });
    await expect(provider.submit(call)).rejects.toMatchObject({ reason: 'model_not_found' });
  });
});

describe('schemas', () => {
  const ajv = new Ajv({ strict: false });
  ajvFormats.default(ajv);

  it.each<[string, object]>([
    ['texts', { properties: { a: { type: 'string', minLength: 30 }, b: { maxLength: 2 } } }],
    ['formats', { required: ['at'], properties: { at: { type: 'string', format: 'date-time' } } }],
    ['uuids', { properties: { id: { type: 'string', format: 'uuid' } } }],
    ['choices', { properties: { a: { enum: ['x', 'y'] }, b: { const: 7 } }, required: ['a', 'b'] }],
    ['numbers', { properties: { a: { type: 'integer', minimum: 5, multipleOf: 4 } } }],
    ['open bounds', { properties: { a: { type: 'number', exclusiveMinimum: 3, maximum: 4 } } }],
    ['negative numbers', { properties: { a: { type: 'integer', maximum: -2 } } }],
    ['lists', { properties: { a: { type: 'array', items: { type: 'boolean' }, minItems: 3 } } }],
    ['nothing or a text', { properties: { a: { type: ['null', 'string'] } }, required: ['a'] }],
    ['one of several', { properties: { a: { anyOf: [{ type: 'integer' }, { type: 'null' }] } } }],
    [
      'all of several',
      { allOf: [{ type: 'object', properties: { a: { type: 'number' } }, required: ['a'] }] },
    ],
    [
      'references to itself',
      {
        $defs: {
          node: {
            type: 'object',
            properties: { next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } },
            required: ['next'],
            additionalProperties: false,
          },
        },
        properties: { first: { $ref: '#/$defs/node' } },
        required: ['first'],
      },
    ],
  ])('are kept to: %s', async (name, parts) => {
    const schema = { type: 'object', ...parts };
    const response_format = { type: 'json_schema', json_schema: { name: 'form', schema } };
    const { message } = await say(`Fill in ${name}.`, { response_format });
    const validate = ajv.compile(schema);
    validate(JSON.parse(message.content ?? ''));
    expect(validate.errors).toBeNull();
  });

  it('make arguments of what was named, and objects without a schema', async () => {
    const tool = { ...WEATHER_TOOL, function: { name: 'stop' } };
    const request = { tools: [WEATHER_TOOL, tool], tool_choice: 'required' };
    const called = await say('Is it warm in New York today?', request);
    expect(called.message.tool_calls?.map((call) => call.function.arguments)).toEqual([
      '{"city":"New York"}',
    ]);
    const allowed_tools = { mode: 'required', tools: [tool] };
    const tool_choice = { type: 'allowed_tools', allowed_tools };
    const stopped = await say('Stop.', { ...request, tool_choice });
    expect(stopped.message.tool_calls?.[0]?.function).toEqual({ name: 'stop', arguments: '{}' });
    const object = await say('Tell me of foxes.', { response_format: { type: 'json_object' } });
    expect(JSON.parse(object.message.content ?? '')).toMatchObject({
      answer: expect.stringContaining('foxes') as string,
      keywords: ['foxes', 'tell'],
    });
  });
});

describe('beside others', () => {
  it('gives them their turn after every piece', async () => {
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const content = 'the quick brown fox jumps over the lazy dog. '.repeat(100_000);
    const { text } = await ask({ messages: [{ role: 'user', content }] }, true);
    isOver = true;
    expect(turns).toBeGreaterThan(text.split('data: ').length / 2);
  });
});
