/** The mock vendor, a process of its own: answers every request with one small new picture, as OpenAI does. */
import { createServer } from 'node:http';
import { preparePictures } from './picture.mjs';

const MS_PER_S = 1_000;
/** What OpenAI reports for one picture; the service charges by it. */
const USAGE = {
  input_tokens: 12,
  input_tokens_details: { text_tokens: 12, image_tokens: 0 },
  output_tokens: 196,
  total_tokens: 208,
};

const nextPicture = await preparePictures();

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const created = Math.floor(Date.now() / MS_PER_S);
    const data = [{ b64_json: nextPicture().toString('base64') }];
    const text = JSON.stringify({ created, data, usage: USAGE });
    const headers = { 'content-type': 'application/json', 'content-length': text.length };
    response.writeHead(200, headers).end(text);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
process.once('disconnect', () => process.exit());
