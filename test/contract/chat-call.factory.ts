import type { JsonValue } from '../../src/common/json-value.js';
import type { ChatCall, ChatReply, EmbeddingCall } from '../../src/providers/spec/chat-call.js';

export type ChatRequest = Record<string, JsonValue>;

/** A small call with everything a provider needs. Fields of `request` are put over `messages: [one from a user]`. */
export function createChatCall(
  overrides: Partial<Omit<ChatCall, 'request'>> & { request?: ChatRequest } = {},
): ChatCall {
  const { request, ...others } = overrides;
  return {
    attemptId: '01900000-0000-7000-8000-000000000001',
    model: 'gpt-6-luna',
    vendorModel: null,
    stream: false,
    credential: { baseUrl: null, apiKey: null },
    signal: new AbortController().signal,
    ...others,
    request: { messages: [{ role: 'user', content: 'Say hello.' }], ...request },
  };
}

export function createEmbeddingCall(overrides: Partial<EmbeddingCall> = {}): EmbeddingCall {
  return {
    attemptId: '01900000-0000-7000-8000-000000000001',
    model: 'text-embedding-3-small',
    vendorModel: null,
    inputs: ['a red fox in snow'],
    dimensions: null,
    user: null,
    credential: { baseUrl: null, apiKey: null },
    signal: new AbortController().signal,
    ...overrides,
  };
}

/** A tool, for which every simulator has an answer: `{"city": "Paris"}`. */
export const WEATHER_TOOL = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
  },
} as const;

/** A form, for which every simulator has an answer: `{"city": "Paris"}`. */
export const CITY_FORM = {
  type: 'json_schema',
  json_schema: { name: 'city', strict: true, schema: WEATHER_TOOL.function.parameters },
} as const;

/** A picture of one pixel. */
export const PIXEL_URL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** The whole body; what it throws comes out. */
export async function readBody(reply: ChatReply): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of reply.body) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
