/** Conversations and combinations that no single parameter makes, by operation. */
import { toDataUrl } from './known-values.mjs';

const CALL = {
  id: 'call_1',
  type: 'function',
  function: { name: 'get_weather', arguments: '{"city":"Oslo"}' },
};
/** A header of sound, and none. */
const SILENCE = Buffer.from('RIFF$\0\0\0WAVEfmt ', 'latin1').toString('base64');
const PAPER = `data:application/pdf;base64,${Buffer.from('%PDF-1.4').toString('base64')}`;
const WEATHER_FUNCTION = {
  name: 'get_weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const WEATHER_QUESTION = { role: 'user', content: 'What is the weather in Oslo?' };

/** Further bodies, laid over the plain one: `[{name, over}]`. */
export function listScenarios({ method, path }, mediaType, { known, pictures }) {
  if (method !== 'post') return [];
  switch (path) {
    case '/images/generations':
    case '/images/edits':
      return [
        { name: 'two pictures as base64', over: { n: 2, response_format: 'b64_json' } },
        { name: 'two pictures as links', over: { n: 2, response_format: 'url' } },
        { name: 'a stream with two drafts', over: { stream: true, partial_images: 2 } },
        {
          name: 'a stream of a small jpeg',
          over: { stream: true, output_format: 'jpeg', output_compression: 60 },
        },
      ];
    case '/chat/completions':
      return listChats(known, pictures);
    case '/responses':
      return listResponses(pictures);
    case '/embeddings':
      return [
        {
          name: 'texts as base64',
          over: { input: ['a fox', 'a lighthouse'], encoding_format: 'base64' },
        },
        { name: 'texts as few numbers', over: { input: ['a fox', 'a fox'], dimensions: 8 } },
        { name: 'few numbers as base64', over: { dimensions: 8, encoding_format: 'base64' } },
      ];
    default:
      return [];
  }
}

/** Of the Responses API: what a client holds a conversation with. */
function listResponses({ picture }) {
  const tools = [{ type: 'function', ...WEATHER_FUNCTION, strict: false }];
  const input = [WEATHER_QUESTION];
  const { id: call_id, function: called } = CALL;
  const call = { type: 'function_call', call_id, ...called };
  const answer = { type: 'function_call_output', call_id, output: '{"celsius":-3}' };
  const schema = { ...WEATHER_FUNCTION.parameters, additionalProperties: false };
  const format = { type: 'json_schema', name: 'place', schema, strict: true };
  const shown = { type: 'input_image', image_url: toDataUrl(picture), detail: 'low' };
  return [
    { name: 'a stream', over: { stream: true } },
    { name: 'a stream with tools', over: { stream: true, tools, tool_choice: 'required', input } },
    { name: 'a function that must be called', over: { tools, tool_choice: 'required', input } },
    { name: 'the output of a function', over: { tools, input: [...input, call, answer] } },
    {
      name: 'instructions and a bound',
      over: { instructions: 'Be brief.', max_output_tokens: 16 },
    },
    { name: 'a form', over: { text: { format } } },
    { name: 'a picture to look at', over: { input: [{ role: 'user', content: [shown] }] } },
  ];
}

const say = (...messages) => ({ messages });

function listChats(known, pictures) {
  const [tools] = known('tools');
  const [messages] = known('messages');
  const [functions] = known('functions');
  return [
    ...listStreams(tools, known('response_format')[2]),
    ...listTalks(messages),
    ...listCalls(tools, functions),
    ...listParts(pictures),
  ];
}

function listStreams(tools, schema) {
  const usage = { stream: true, stream_options: { include_usage: true } };
  const called = { ...usage, tools, tool_choice: 'required', ...say(WEATHER_QUESTION) };
  return [
    { name: 'a stream with its usage', over: usage },
    { name: 'a stream of two choices', over: { stream: true, n: 2 } },
    { name: 'a stream with tools', over: called },
    { name: 'a stream of JSON', over: { stream: true, response_format: schema } },
  ];
}

function listTalks(messages) {
  const order = (role) => ({ role, content: 'Be brief.' });
  return [
    { name: 'what the system says', over: say(order('system'), ...messages) },
    { name: 'what the developer says', over: say(order('developer'), ...messages) },
    {
      name: 'a conversation with parts',
      over: say(
        { role: 'user', content: [{ type: 'text', text: 'Hello.' }], name: 'ada' },
        { role: 'assistant', content: [{ type: 'text', text: 'Hello!' }] },
        { role: 'user', content: 'And again?' },
      ),
    },
    {
      name: 'what was refused before',
      over: say(
        ...messages,
        { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
        { role: 'user', content: 'Why?' },
      ),
    },
  ];
}

function listCalls(tools, functions) {
  const asked = { role: 'assistant', content: null };
  const answer = '{"celsius":-3}';
  return [
    {
      name: 'a tool that must be called',
      over: { tools, tool_choice: 'required', ...say(WEATHER_QUESTION) },
    },
    {
      name: 'the answer of a tool',
      over: {
        tools,
        ...say(
          WEATHER_QUESTION,
          { ...asked, tool_calls: [CALL] },
          { role: 'tool', tool_call_id: CALL.id, content: answer },
        ),
      },
    },
    {
      name: 'a function of old',
      over: {
        functions,
        ...say(
          WEATHER_QUESTION,
          { ...asked, function_call: CALL.function },
          { role: 'function', name: CALL.function.name, content: answer },
        ),
      },
    },
  ];
}

function listParts({ picture }) {
  const show = (...content) => say({ role: 'user', content });
  const link = { url: toDataUrl(picture), detail: 'low' };
  return [
    {
      name: 'a picture to look at',
      over: show({ type: 'text', text: 'What is this?' }, { type: 'image_url', image_url: link }),
    },
    {
      name: 'a sound to listen to',
      over: show({ type: 'input_audio', input_audio: { data: SILENCE, format: 'wav' } }),
    },
    {
      name: 'a file to read',
      over: show({ type: 'file', file: { filename: 'note.pdf', file_data: PAPER } }),
    },
  ];
}
