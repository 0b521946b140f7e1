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

function listChats(known, { picture }) {
  const tools = known('tools')[0];
  const schema = known('response_format')[2];
  const usage = { stream: true, stream_options: { include_usage: true } };
  const say = (...messages) => ({ messages });
  return [
    { name: 'a stream with its usage', over: usage },
    { name: 'a stream of two choices', over: { stream: true, n: 2 } },
    {
      name: 'a stream with tools',
      over: { ...usage, tools, tool_choice: 'required', ...say(WEATHER_QUESTION) },
    },
    { name: 'a stream of JSON', over: { stream: true, response_format: schema } },
    {
      name: 'a tool that must be called',
      over: { tools, tool_choice: 'required', ...say(WEATHER_QUESTION) },
    },
    {
      name: 'what the system says',
      over: say({ role: 'system', content: 'Be brief.' }, ...known('messages')[0]),
    },
    {
      name: 'what the developer says',
      over: say({ role: 'developer', content: 'Be brief.' }, ...known('messages')[0]),
    },
    {
      name: 'a conversation with parts',
      over: say(
        { role: 'user', content: [{ type: 'text', text: 'Hello.' }], name: 'ada' },
        { role: 'assistant', content: [{ type: 'text', text: 'Hello!' }] },
        { role: 'user', content: 'And again?' },
      ),
    },
    {
      name: 'the answer of a tool',
      over: {
        tools,
        ...say(
          WEATHER_QUESTION,
          { role: 'assistant', content: null, tool_calls: [CALL] },
          {
            role: 'tool',
            tool_call_id: CALL.id,
            content: '{"celsius":-3}',
          },
        ),
      },
    },
    {
      name: 'a function of old',
      over: {
        functions: known('functions')[0],
        ...say(
          WEATHER_QUESTION,
          { role: 'assistant', content: null, function_call: CALL.function },
          { role: 'function', name: 'get_weather', content: '{"celsius":-3}' },
        ),
      },
    },
    {
      name: 'what was refused before',
      over: say(
        ...known('messages')[0],
        { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
        { role: 'user', content: 'Why?' },
      ),
    },
    {
      name: 'a sound to listen to',
      over: say({
        role: 'user',
        content: [{ type: 'input_audio', input_audio: { data: SILENCE, format: 'wav' } }],
      }),
    },
    {
      name: 'a file to read',
      over: say({
        role: 'user',
        content: [{ type: 'file', file: { filename: 'note.pdf', file_data: PAPER } }],
      }),
    },
    {
      name: 'a picture to look at',
      over: say({
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: toDataUrl(picture), detail: 'low' } },
        ],
      }),
    },
  ];
}
