/** What the mock vendor answers, made once as bytes: sending is all that is left to do. */
import { preparePicture } from './pictures.mjs';

const CHAT_BYTES = 1_024;
const CHUNKS = 20;
const DIMENSIONS = 1_536;
const CREATED = 1_780_000_000;
const USAGE = { prompt_tokens: 58, completion_tokens: 160, total_tokens: 218 };
/** What OpenAI reports for one picture; a gateway that keeps books charges by it. */
const IMAGE_USAGE = {
  input_tokens: 12,
  input_tokens_details: { text_tokens: 12, image_tokens: 0 },
  output_tokens: 196,
  total_tokens: 208,
};
const WORDS = 'a lamp turns over grey water and the boats come home before the rain ';

/** @returns {Buffer} a chat completion of 1,024 bytes */
export function makeChatAnswer(model) {
  const bare = toChat(model, '').length;
  const content = WORDS.repeat(CHAT_BYTES / WORDS.length + 1).slice(0, CHAT_BYTES - bare);
  return Buffer.from(toChat(model, content));
}

/** @returns {{ chunks: Buffer[], usage: Buffer, done: Buffer }} events of a stream, in their order */
export function makeChatStream(model) {
  const words = WORDS.split(' ');
  const chunks = Array.from({ length: CHUNKS }, (_, index) => {
    const delta = { role: index === 0 ? 'assistant' : undefined, content: `${words[index % 14]} ` };
    const isLast = index === CHUNKS - 1;
    return toEvent(model, [{ index: 0, delta, finish_reason: isLast ? 'stop' : null }], null);
  });
  return { chunks, usage: toEvent(model, [], USAGE), done: Buffer.from('data: [DONE]\n\n') };
}

export function makeEmbeddings(model) {
  const vector = Array.from({ length: DIMENSIONS }, (_, index) => Math.sin(index + 1) / 40);
  const toAnswer = (embedding) =>
    Buffer.from(
      JSON.stringify({
        object: 'list',
        data: [{ object: 'embedding', index: 0, embedding }],
        model,
        usage: { prompt_tokens: 12, total_tokens: 12 },
      }),
    );
  const packed = Buffer.from(Float32Array.from(vector).buffer).toString('base64');
  return { floats: toAnswer(vector), base64: toAnswer(packed) };
}

/**
 * A picture inside an image answer and inside a chat answer, in parts: only the middle is made for each.
 * @returns {Promise<Record<'image' | 'chat', { toParts: (number: number) => Buffer[], sizeBytes: number }>>}
 */
export async function makePictureAnswers(sidePx, chatModel) {
  const picture = await preparePicture(sidePx);
  const image = { created: CREATED, data: [{ b64_json: '@' }], usage: IMAGE_USAGE };
  return {
    image: toParted(JSON.stringify(image), picture),
    chat: toParted(toChat(chatModel, '![picture](data:image/png;base64,@)'), picture),
  };
}

function toParted(text, { head, toMiddle, tail }) {
  const at = text.indexOf('@');
  const before = Buffer.from(text.slice(0, at) + head);
  const after = Buffer.from(tail + text.slice(at + 1));
  const toParts = (number) => [before, Buffer.from(toMiddle(number)), after];
  return { toParts, sizeBytes: Buffer.concat(toParts(0)).length };
}

function toChat(model, content) {
  return JSON.stringify({
    id: 'chatcmpl-bench000000000000000000000000',
    object: 'chat.completion',
    created: CREATED,
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: USAGE,
    system_fingerprint: null,
  });
}

function toEvent(model, choices, usage) {
  const id = 'chatcmpl-bench000000000000000000000000';
  const event = { id, object: 'chat.completion.chunk', created: CREATED, model, choices, usage };
  return Buffer.from(`data: ${JSON.stringify(event)}\n\n`);
}
