/**
 * The mock vendor of the gateway's bench, a process of its own: speaks as OpenAI does and answers from bytes made
 * before. The parameter is the side of its pictures in pixels. A message `{ pictures: 'repeating' }` or `'unique'`
 * tells whether pictures differ from each other; at first they do.
 */
import { createServer } from 'node:http';
import { makeChatAnswer, makeChatStream, makeEmbeddings, makePictureAnswers } from './answers.mjs';
import {
  ANSWER_SIDE_PX,
  EMBEDDING_MODEL,
  FAST_MODEL,
  PICTURE_CHAT_MODEL,
  SLOW_MODEL,
  SLOW_MS,
} from './models.mjs';

/** Longer than any pool of a gateway keeps a connection that rests. */
const KEEP_ALIVE_MS = 75_000;
const OK = 200;
const NOT_FOUND = 404;

const fast = makeChatAnswer(FAST_MODEL);
const slow = makeChatAnswer(SLOW_MODEL);
const stream = makeChatStream(FAST_MODEL);
const embeddings = makeEmbeddings(EMBEDDING_MODEL);
const pictures = await makePictureAnswers(
  Number(process.argv[2] ?? ANSWER_SIDE_PX),
  PICTURE_CHAT_MODEL,
);
let isUnique = true;
let made = 0;

const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    answer(request.url, parts.length === 1 ? parts[0] : Buffer.concat(parts), response);
  });
});
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
process.on('message', (message) => {
  isUnique = message.pictures === 'unique';
});
process.once('disconnect', () => process.exit());

function answer(path, body, response) {
  if (path.endsWith('/chat/completions')) answerChat(body, response);
  else if (path.endsWith('/images/generations')) sendPicture(pictures.image, response);
  else if (path.endsWith('/embeddings')) answerEmbedding(body, response);
  else send(Buffer.from('{"error":{"message":"not here"}}'), response, NOT_FOUND);
}

function answerChat(body, response) {
  if (body.includes('"stream":true')) {
    sendStream(body.includes('"include_usage":true'), response);
  } else if (body.includes(SLOW_MODEL)) {
    setTimeout(() => send(slow, response), SLOW_MS);
  } else if (body.includes(PICTURE_CHAT_MODEL)) {
    sendPicture(pictures.chat, response);
  } else {
    send(fast, response);
  }
}

function answerEmbedding(body, response) {
  const isPacked = body.includes('"encoding_format":"base64"');
  send(isPacked ? embeddings.base64 : embeddings.floats, response);
}

function send(bytes, response, status = OK) {
  const headers = { 'content-type': 'application/json', 'content-length': bytes.length };
  response.writeHead(status, headers).end(bytes);
}

function sendPicture({ toParts, sizeBytes }, response) {
  if (isUnique) made += 1;
  response.writeHead(OK, { 'content-type': 'application/json', 'content-length': sizeBytes });
  response.cork();
  for (const part of toParts(made)) response.write(part);
  response.end();
  response.uncork();
}

/** One event a turn of the loop, so that each leaves in a packet of its own, as a vendor's do. */
function sendStream(hasUsage, response) {
  response.writeHead(OK, { 'content-type': 'text/event-stream; charset=utf-8' });
  let sent = 0;
  const sendNext = () => {
    if (response.destroyed) return;
    if (sent < stream.chunks.length) {
      response.write(stream.chunks[sent]);
      sent += 1;
      setImmediate(sendNext);
      return;
    }
    if (hasUsage) response.write(stream.usage);
    response.end(stream.done);
  };
  sendNext();
}
