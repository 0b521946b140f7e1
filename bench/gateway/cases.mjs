/** What is asked of every subject. */
import {
  EMBEDDING_MODEL,
  FAST_MODEL,
  IMAGE_MODEL,
  PICTURE_CHAT_MODEL,
  SLOW_MODEL,
  SLOW_MS,
} from './models.mjs';

/** Stands in a body where the load tool writes a number. */
const MARK = '000000000000';
const PACED_PER_SECOND = 200;
/** No subject carries 200 pictures of 2 MB a second beside the load tool: what is added shows below saturation. */
const PACED_PICTURES_PER_SECOND = 20;
/** Base64 of 708 × 708 pixels of three bytes. */
const PICTURE_BYTES_MIN = 2_000_000;

const CHAT = '/v1/chat/completions';
const IMAGES = '/v1/images/generations';

/**
 * @typedef {object} Case
 * @property {string} id as `--cases` names it
 * @property {string} label
 * @property {string} path
 * @property {{ before: string, after: string }} body around the number of the request
 * @property {{ bodyBytesMin: number, ending: string }} expected what every answer must be
 * @property {number} pacedPerSecond
 * @property {boolean} [isStream]
 * @property {string} [comparedWith] only this service has it; beside the others stands this case of theirs
 */

/** @type {readonly Case[]} */
export const CASES = [
  {
    id: 'chat',
    label: 'chat, 1 KB JSON, 0 ms',
    path: CHAT,
    body: toChatBody({ model: FAST_MODEL }),
    expected: { bodyBytesMin: 900, ending: '}' },
    pacedPerSecond: PACED_PER_SECOND,
  },
  {
    id: 'chat-slow',
    label: `chat, 1 KB JSON, ${SLOW_MS} ms`,
    path: CHAT,
    body: toChatBody({ model: SLOW_MODEL }),
    expected: { bodyBytesMin: 900, ending: '}' },
    pacedPerSecond: PACED_PER_SECOND,
  },
  {
    id: 'stream',
    label: 'chat, stream of 20 chunks, 0 ms',
    path: CHAT,
    body: toChatBody({
      model: FAST_MODEL,
      stream: true,
      stream_options: { include_usage: true },
    }),
    expected: { bodyBytesMin: 3_000, ending: 'data: [DONE]' },
    pacedPerSecond: PACED_PER_SECOND,
    isStream: true,
  },
  {
    id: 'embeddings',
    label: 'embeddings, 1,536 dimensions',
    path: '/v1/embeddings',
    body: split({ model: EMBEDDING_MODEL, input: `the lighthouse number ${MARK} at dawn` }),
    expected: { bodyBytesMin: 8_000, ending: '}' },
    pacedPerSecond: PACED_PER_SECOND,
  },
  {
    id: 'picture-relayed',
    label: 'picture of 2 MB in a chat answer, relayed',
    path: CHAT,
    body: toChatBody({ model: PICTURE_CHAT_MODEL }),
    expected: { bodyBytesMin: PICTURE_BYTES_MIN, ending: '}' },
    pacedPerSecond: PACED_PICTURES_PER_SECOND,
  },
  {
    id: 'picture',
    label: 'image of 2 MB as base64, here also stored',
    path: IMAGES,
    body: toImageBody({}),
    expected: { bodyBytesMin: PICTURE_BYTES_MIN, ending: '}' },
    pacedPerSecond: PACED_PICTURES_PER_SECOND,
  },
  {
    id: 'picture-url',
    label: 'image of 2 MB stored, answered as a link',
    path: IMAGES,
    body: toImageBody({ response_format: 'url' }),
    expected: { bodyBytesMin: 100, ending: '}' },
    pacedPerSecond: PACED_PICTURES_PER_SECOND,
    comparedWith: 'picture',
  },
];

function toChatBody(fields) {
  return split({
    messages: [
      { role: 'system', content: 'You answer in two short sentences and name what you see.' },
      { role: 'user', content: `What does the keeper of lighthouse number ${MARK} do at dawn?` },
    ],
    max_completion_tokens: 256,
    ...fields,
  });
}

function toImageBody(fields) {
  return split({
    prompt: `a lighthouse at dawn, number ${MARK}`,
    model: IMAGE_MODEL,
    size: '1024x1024',
    quality: 'low',
    ...fields,
  });
}

function split(body) {
  const [before, after] = JSON.stringify(body).split(MARK);
  return { before, after };
}
