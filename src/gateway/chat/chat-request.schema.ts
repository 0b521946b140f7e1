/**
 * The body of OpenAI's `POST /chat/completions`, as JSON Schema (draft 7): every documented field, and what servers that
 * speak the same API take besides. What is not here is refused, so that a misspelled field is seen. Messages may carry more
 * than their documented fields, for clients send back what they were answered.
 */

const word = { type: 'string', minLength: 1, maxLength: 200 };
const text = { type: 'string' };
const flag = { type: ['boolean', 'null'] };
const count = { type: ['integer', 'null'], minimum: 1 };
const record = { type: 'object' };

function constant(value: string) {
  return { type: 'string', const: value };
}

function part(type: string, properties: object, required: readonly string[]) {
  return {
    type: 'object',
    properties: { type: constant(type), ...properties },
    required: ['type', ...required],
  };
}

const TEXT_PART = part('text', { text }, ['text']);

const IMAGE_PART = part(
  'image_url',
  {
    image_url: {
      type: 'object',
      properties: {
        url: { type: 'string', minLength: 1 },
        detail: { type: ['string', 'null'], enum: ['auto', 'low', 'high', 'original', null] },
      },
      required: ['url'],
    },
  },
  ['image_url'],
);

const AUDIO_PART = part(
  'input_audio',
  {
    input_audio: {
      type: 'object',
      properties: { data: text, format: { type: 'string', enum: ['wav', 'mp3'] } },
      required: ['data', 'format'],
    },
  },
  ['input_audio'],
);

/** Without `file_id`: files at a vendor belong to the account there, which tenants share. */
const FILE_PART = part(
  'file',
  {
    file: {
      type: 'object',
      properties: { filename: text, file_data: text },
      required: ['file_data'],
      additionalProperties: false,
    },
  },
  ['file'],
);

const REFUSAL_PART = part('refusal', { refusal: text }, ['refusal']);

function content(...parts: readonly object[]) {
  const items = { type: 'object', discriminator: { propertyName: 'type' }, oneOf: parts };
  return { type: ['string', 'array'], minItems: 1, items };
}

function orNull(schema: { type: readonly string[] }) {
  return { ...schema, type: [...schema.type, 'null'] };
}

function message(role: string, properties: object, required: readonly string[]) {
  return {
    type: 'object',
    properties: { role: constant(role), name: text, ...properties },
    required: ['role', ...required],
  };
}

const FUNCTION = {
  type: 'object',
  properties: {
    name: { type: 'string', pattern: '^[a-zA-Z0-9_.-]{1,128}$' },
    description: text,
    parameters: record,
    strict: flag,
  },
  required: ['name'],
};

const TOOL_CALL = {
  type: 'object',
  properties: { id: text, type: { type: 'string', enum: ['function', 'custom'] } },
  required: ['id', 'type'],
};

const MESSAGE = {
  type: 'object',
  discriminator: { propertyName: 'role' },
  oneOf: [
    message('user', { content: content(TEXT_PART, IMAGE_PART, AUDIO_PART, FILE_PART) }, [
      'content',
    ]),
    message('system', { content: content(TEXT_PART) }, ['content']),
    message('developer', { content: content(TEXT_PART) }, ['content']),
    message(
      'assistant',
      {
        content: orNull(content(TEXT_PART, REFUSAL_PART)),
        refusal: { type: ['string', 'null'] },
        tool_calls: { type: ['array', 'null'], items: TOOL_CALL, maxItems: 128 },
      },
      [],
    ),
    message('tool', { content: content(TEXT_PART), tool_call_id: text }, [
      'content',
      'tool_call_id',
    ]),
    message('function', { content: { type: ['string', 'null'] }, name: text }, ['name']),
  ],
};

const TOOL = {
  type: 'object',
  discriminator: { propertyName: 'type' },
  oneOf: [
    part('function', { function: FUNCTION }, ['function']),
    part('custom', { custom: { type: 'object', properties: { name: word }, required: ['name'] } }, [
      'custom',
    ]),
  ],
};

const RESPONSE_FORMAT = {
  type: ['object', 'null'],
  discriminator: { propertyName: 'type' },
  oneOf: [
    part('text', {}, []),
    part('json_object', {}, []),
    part(
      'json_schema',
      {
        json_schema: {
          type: 'object',
          properties: { name: word, description: text, schema: record, strict: flag },
          required: ['name'],
        },
      },
      ['json_schema'],
    ),
  ],
};

/** What decides how the model writes. */
const SAMPLING = {
  frequency_penalty: { type: ['number', 'null'], minimum: -2, maximum: 2 },
  presence_penalty: { type: ['number', 'null'], minimum: -2, maximum: 2 },
  temperature: { type: ['number', 'null'], minimum: 0, maximum: 2 },
  top_p: { type: ['number', 'null'], minimum: 0, maximum: 1 },
  seed: { type: ['integer', 'null'] },
  logit_bias: { type: ['object', 'null'], additionalProperties: { type: 'number' } },
  logprobs: flag,
  top_logprobs: { type: ['integer', 'null'], minimum: 0, maximum: 20 },
  n: { type: ['integer', 'null'], minimum: 1, maximum: 128 },
  stop: { type: ['string', 'array', 'null'], minItems: 1, maxItems: 4, items: text },
  max_tokens: count,
  max_completion_tokens: count,
  prediction: {
    type: ['object', 'null'],
    properties: { type: constant('content'), content: content(TEXT_PART) },
    required: ['type', 'content'],
  },
  reasoning_effort: {
    type: ['string', 'null'],
    enum: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', null],
  },
  verbosity: { type: ['string', 'null'], enum: ['low', 'medium', 'high', null] },
};

const TOOLS = {
  tools: { type: ['array', 'null'], items: TOOL, maxItems: 512 },
  tool_choice: {
    type: ['string', 'object', 'null'],
    properties: { type: { type: 'string', enum: ['function', 'custom', 'allowed_tools'] } },
    required: ['type'],
  },
  parallel_tool_calls: flag,
  functions: { type: ['array', 'null'], items: FUNCTION, minItems: 1, maxItems: 128 },
  function_call: {
    type: ['string', 'object', 'null'],
    properties: { name: word },
    required: ['name'],
  },
  web_search_options: { type: ['object', 'null'] },
};

/** What is said of the request, and not to the model. */
const AROUND = {
  metadata: { type: ['object', 'null'], additionalProperties: text, maxProperties: 16 },
  moderation: { type: ['object', 'null'], properties: { model: word }, required: ['model'] },
  prompt_cache_key: { type: ['string', 'null'], maxLength: 512 },
  prompt_cache_options: { type: ['object', 'null'] },
  prompt_cache_retention: {
    type: ['string', 'null'],
    enum: ['in_memory', 'in-memory', '24h', null],
  },
  safety_identifier: { type: ['string', 'null'], maxLength: 64 },
  service_tier: {
    type: ['string', 'null'],
    enum: ['auto', 'default', 'flex', 'scale', 'priority', 'fast', null],
  },
  store: flag,
  user: { type: ['string', 'null'], maxLength: 512 },
};

/** Beyond OpenAI's: what common servers that speak its API take. */
const OF_COMPATIBLE_SERVERS = {
  top_k: { type: ['integer', 'null'] },
  min_p: { type: ['number', 'null'], minimum: 0, maximum: 1 },
  repetition_penalty: { type: ['number', 'null'] },
  chat_template_kwargs: { type: ['object', 'null'] },
  provider_options: { type: ['object', 'null'] },
};

export const CHAT_REQUEST_SCHEMA = {
  type: 'object',
  properties: {
    model: { type: ['string', 'null'], minLength: 1, maxLength: 200 },
    messages: { type: 'array', minItems: 1, maxItems: 10_000, items: MESSAGE },
    stream: flag,
    stream_options: {
      type: ['object', 'null'],
      properties: { include_usage: flag, include_obfuscation: flag },
    },
    response_format: RESPONSE_FORMAT,
    modalities: {
      type: ['array', 'null'],
      items: { type: 'string', enum: ['text', 'audio', 'image'] },
    },
    audio: { type: ['object', 'null'] },
    ...SAMPLING,
    ...TOOLS,
    ...AROUND,
    ...OF_COMPATIBLE_SERVERS,
  },
  required: ['messages'],
  additionalProperties: false,
};
