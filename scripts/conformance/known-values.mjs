/** What no schema tells: values that mean something to a service, and which parameters need others beside them. */
import sharp from 'sharp';

const PICTURE_SIDE_PX = 512;
const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather in a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
  },
};
const ANSWER_SCHEMA = {
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
  additionalProperties: false,
};
const HELLO = [{ role: 'user', content: 'Say hello in one word.' }];
const { type: _type, ...WEATHER_FUNCTION } = { type: 'function', ...WEATHER.function };

/** Files that are sent, as bytes and as links of data. */
export async function makePictures() {
  const plain = { width: PICTURE_SIDE_PX, height: PICTURE_SIDE_PX, channels: 4 };
  const draw = (background) =>
    sharp({ create: { ...plain, background } })
      .png()
      .toBuffer();
  const picture = toFile('picture.png', await draw({ r: 40, g: 90, b: 160, alpha: 1 }));
  // What is transparent is to be made anew.
  const mask = toFile('mask.png', await draw({ r: 0, g: 0, b: 0, alpha: 0 }));
  return { picture, mask };
}

function toFile(name, content) {
  return { file: name, type: 'image/png', content };
}

export const isFile = (value) =>
  typeof value === 'object' && value !== null && 'content' in value && 'file' in value;
export const toDataUrl = ({ type, content }) => `data:${type};base64,${content.toString('base64')}`;

/** Which model answers an operation: by what it is for. */
export function findModel(path, models) {
  if (path === '/images/variations') return models.variation ?? models.image;
  if (path.startsWith('/images/')) return models.image;
  if (path.startsWith('/embeddings')) return models.embedding;
  if (path.startsWith('/moderations')) return models.moderation;
  return models.chat;
}

/** By name of a property: what is sent for it, the plain one first; undefined = what its schema says. */
export function createKnownValues(path, mediaType, { picture, mask }) {
  const isForm = mediaType === 'multipart/form-data';
  const link = (file) => ({ image_url: toDataUrl(file) });
  const values = {
    prompt: ['a lighthouse at dawn'],
    image: [picture, [picture, picture]],
    images: [[link(picture)], [link(picture), link(picture)]],
    mask: [isForm ? mask : link(mask)],
    user: ['user-0001'],
    messages: [HELLO],
    metadata: [{ purpose: 'conformance' }],
    tools: [[WEATHER]],
    functions: [[WEATHER_FUNCTION]],
    function_call: ['none', 'auto', { name: 'get_weather' }],
    tool_choice: [
      'none',
      'auto',
      'required',
      { type: 'function', function: { name: 'get_weather' } },
      {
        type: 'allowed_tools',
        allowed_tools: {
          mode: 'auto',
          tools: [{ type: 'function', function: { name: 'get_weather' } }],
        },
      },
    ],
    logit_bias: [{ 1_000: -1 }],
    stop: ['END', ['END', 'STOP'], null],
    max_tokens: [16, null],
    max_completion_tokens: [16, null],
    seed: [7, null],
    prediction: [{ type: 'content', content: 'hello' }, null],
    response_format: [
      { type: 'text' },
      { type: 'json_object' },
      { type: 'json_schema', json_schema: { name: 'reply', strict: true, schema: ANSWER_SCHEMA } },
    ],
    audio: [{ voice: 'alloy', format: 'wav' }, null],
    modalities: [['text'], ['text', 'audio'], null],
  };
  if (path.startsWith('/images/')) {
    delete values.response_format;
    // Its bounds are those of a percentage, also where the description does not say so.
    values.output_compression = [100, 50, 0];
  }
  if (path.startsWith('/chat/')) values.n = [1, 2, null];
  if (path.startsWith('/embeddings')) {
    values.input = ['a fox', ['a fox', 'a lighthouse'], [9_906, 1_917], [[9_906, 1_917], [40]]];
    values.dimensions = [8];
  }
  if (path.startsWith('/moderations')) {
    values.input = ['a fox', ['a fox', 'a lighthouse'], [{ type: 'text', text: 'a fox' }]];
  }
  if (path.startsWith('/responses')) {
    values.input = [
      'Say hello in one word.',
      [{ role: 'user', content: 'Say hello in one word.' }],
    ];
    const { function: _function, ...tool } = {
      type: 'function',
      strict: true,
      ...WEATHER_FUNCTION,
    };
    values.tools = [[tool], [{ type: 'image_generation' }]];
    values.tool_choice = ['none', 'auto', 'required', { type: 'function', name: 'get_weather' }];
    for (const name of ['prediction', 'functions', 'response_format']) delete values[name];
  }
  return (name) => values[name];
}

/** Parameters that mean nothing alone: what is sent with them. */
export function toCompanions(name, value, known) {
  switch (name) {
    case 'output_compression':
      return { output_format: 'jpeg' };
    case 'partial_images':
    case 'stream_options':
      return { stream: true };
    case 'top_logprobs':
      return { logprobs: true };
    case 'tool_choice':
    case 'parallel_tool_calls':
      return { tools: known('tools')[0] };
    case 'function_call':
      return { functions: known('functions')[0] };
    case 'audio':
      return value === null ? {} : { modalities: ['text', 'audio'] };
    case 'modalities':
      return value?.includes('audio') ? { audio: known('audio')[0] } : {};
    case 'response_format':
      // OpenAI takes this form only where the conversation speaks of JSON.
      return value?.type === 'json_object' && known('messages')
        ? { messages: [{ role: 'user', content: 'Answer with a JSON object.' }] }
        : {};
    default:
      return {};
  }
}
