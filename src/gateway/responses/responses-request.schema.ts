/**
 * The body of OpenAI's `POST /responses`, as JSON Schema (draft 7): every documented field. What is not here is refused,
 * so that a misspelled field is seen. Items of `input` may carry more than their documented fields, for clients send back
 * what they were answered. What needs a memory at the vendor is let in here to be refused in clear words.
 */

const word = { type: 'string', minLength: 1, maxLength: 200 };
const text = { type: 'string' };
const textOrNull = { type: ['string', 'null'] };
const flag = { type: ['boolean', 'null'] };
const count = { type: ['integer', 'null'], minimum: 1 };
const record = { type: 'object' };
const anything = {};

function one(...values: readonly (string | null)[]) {
  return { type: ['string', 'null'], enum: [...values, null] };
}

function constant(value: string) {
  return { type: 'string', const: value };
}

function kind(type: string, properties: object = {}, required: readonly string[] = []) {
  return {
    type: 'object',
    properties: { type: constant(type), ...properties },
    required: ['type', ...required],
  };
}

/** A piece of an item's content. Spoken input has no price here, and is not taken. */
const PART = {
  type: 'object',
  properties: {
    type: {
      type: 'string',
      enum: [
        'input_text',
        'input_image',
        'input_file',
        'output_text',
        'refusal',
        'text',
        'summary_text',
        'reasoning_text',
        'computer_screenshot',
        'logs',
        'image',
      ],
    },
    text: textOrNull,
    refusal: textOrNull,
    arguments: textOrNull,
    content: { type: 'null' },
    output: { type: 'null' },
    image_url: textOrNull,
    detail: one('low', 'high', 'auto', 'original'),
  },
  required: ['type'],
};

const PARTS = { type: ['string', 'array', 'null'], items: PART };

/** Of `input`. Without a type it is a message. */
const ITEM = {
  type: 'object',
  properties: {
    type: {
      type: 'string',
      enum: [
        'message',
        'function_call',
        'function_call_output',
        'custom_tool_call',
        'custom_tool_call_output',
        'reasoning',
        'compaction',
        'item_reference',
        'generate_image_call',
        'web_search_call',
        'file_search_call',
        'computer_call',
        'computer_call_output',
        'image_generation_call',
        'code_interpreter_call',
        'local_shell_call',
        'local_shell_call_output',
        'shell_call',
        'shell_call_output',
        'apply_patch_call',
        'apply_patch_call_output',
        'mcp_list_tools',
        'mcp_approval_request',
        'mcp_approval_response',
        'mcp_call',
      ],
    },
    role: { type: 'string', enum: ['user', 'system', 'developer', 'assistant'] },
    content: PARTS,
    output: {
      type: ['string', 'array', 'object', 'null'],
      items: { type: 'object', properties: { content: { type: 'null' }, text: textOrNull } },
    },
    arguments: textOrNull,
    text: textOrNull,
    refusal: textOrNull,
    id: textOrNull,
    call_id: { type: 'string', maxLength: 200 },
    prompt: textOrNull,
    name: { type: 'string', maxLength: 200 },
    encrypted_content: textOrNull,
  },
};

const FUNCTION_TOOL = kind(
  'function',
  {
    name: { type: 'string', pattern: '^[a-zA-Z0-9_.-]{1,128}$' },
    description: textOrNull,
    parameters: { type: ['object', 'null'] },
    strict: flag,
  },
  ['name'],
);

/** Run by this service. */
const GENERATE_IMAGE_TOOL = {
  ...kind('generate_image', {
    model: { ...word, type: ['string', 'null'] },
    size: { type: ['string', 'null'], pattern: '^(auto|[0-9]{1,5}x[0-9]{1,5})$' },
    quality: { type: ['string', 'null'], minLength: 1, maxLength: 64 },
    n: { type: ['integer', 'null'], minimum: 1, maximum: 4 },
  }),
  additionalProperties: false,
};

/** Run by the vendor, at prices of its own: on a connection of the caller's own alone. */
const VENDOR_TOOL = {
  type: 'object',
  properties: {
    type: {
      type: 'string',
      enum: [
        'web_search',
        'web_search_2025_08_26',
        'web_search_preview',
        'web_search_preview_2025_03_11',
        'file_search',
        'computer',
        'computer_use_preview',
        'code_interpreter',
        'image_generation',
        'mcp',
        'local_shell',
        'shell',
        'apply_patch',
        'tool_search',
        'namespace',
      ],
    },
  },
  required: ['type'],
};

const TOOL = {
  type: 'object',
  discriminator: { propertyName: 'type' },
  oneOf: [
    FUNCTION_TOOL,
    kind('custom', { name: word, description: textOrNull, format: record }, ['name']),
    GENERATE_IMAGE_TOOL,
    VENDOR_TOOL,
  ],
};

const FORMAT = {
  type: ['object', 'null'],
  discriminator: { propertyName: 'type' },
  oneOf: [
    kind('text'),
    kind('json_object'),
    kind('json_schema', { name: word, description: text, schema: record, strict: flag }, [
      'name',
      'schema',
    ]),
  ],
};

const TOOLS = {
  tools: { type: ['array', 'null'], items: TOOL, maxItems: 512 },
  tool_choice: {
    type: ['string', 'object', 'null'],
    properties: {
      type: { type: 'string' },
      name: word,
      mode: { type: 'string', enum: ['auto', 'required'] },
      tools: { type: 'array', items: record, maxItems: 512 },
    },
    required: ['type'],
  },
  parallel_tool_calls: flag,
  max_tool_calls: count,
};

/** What decides how the model writes. */
const WRITING = {
  temperature: { type: ['number', 'null'], minimum: 0, maximum: 2 },
  top_p: { type: ['number', 'null'], minimum: 0, maximum: 1 },
  top_logprobs: { type: ['integer', 'null'], minimum: 0, maximum: 20 },
  max_output_tokens: count,
  text: {
    type: ['object', 'null'],
    properties: { format: FORMAT, verbosity: one('low', 'medium', 'high') },
    additionalProperties: false,
  },
  reasoning: {
    type: ['object', 'null'],
    properties: {
      effort: one('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
      summary: one('auto', 'concise', 'detailed'),
      generate_summary: one('auto', 'concise', 'detailed'),
      context: one('auto', 'current_turn', 'all_turns'),
      mode: textOrNull,
    },
    additionalProperties: false,
  },
  truncation: one('auto', 'disabled'),
  context_management: {
    type: ['array', 'null'],
    items: {
      type: 'object',
      properties: { type: word, compact_threshold: { type: ['integer', 'null'], minimum: 1 } },
      required: ['type'],
    },
  },
};

/** What is said of the request, and not to the model. */
const AROUND = {
  include: { type: ['array', 'null'], items: word, maxItems: 32 },
  metadata: { type: ['object', 'null'], additionalProperties: text, maxProperties: 16 },
  moderation: { type: ['object', 'null'], properties: { model: word }, required: ['model'] },
  prompt_cache_key: { type: ['string', 'null'], maxLength: 512 },
  prompt_cache_options: { type: ['object', 'null'] },
  prompt_cache_retention: one('in_memory', 'in-memory', '24h'),
  safety_identifier: { type: ['string', 'null'], maxLength: 64 },
  service_tier: one('auto', 'default', 'flex', 'scale', 'priority', 'fast'),
  store: flag,
  user: { type: ['string', 'null'], maxLength: 512 },
};

/** Refused by assertSelfContained. */
const REMEMBERED = {
  previous_response_id: anything,
  conversation: anything,
  prompt: anything,
  background: anything,
};

export const RESPONSES_REQUEST_SCHEMA = {
  type: 'object',
  properties: {
    model: { type: ['string', 'null'], minLength: 1, maxLength: 200 },
    input: { type: ['string', 'array', 'null'], maxItems: 10_000, items: ITEM },
    instructions: textOrNull,
    stream: flag,
    stream_options: { type: ['object', 'null'], properties: { include_obfuscation: flag } },
    ...WRITING,
    ...TOOLS,
    ...AROUND,
    ...REMEMBERED,
  },
  additionalProperties: false,
};
