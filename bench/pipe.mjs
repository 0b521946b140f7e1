/**
 * The yardstick, a process of its own: the least a gateway written for Node can do. It passes every request on and
 * the answer back; it knows no caller, no money, no store. The parameter is the upstream's origin.
 */
import { createServer } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Pool } from 'undici';

const CONNECTIONS_MAX = 64;
const BAD_GATEWAY = 502;

const pool = new Pool(process.argv[2], { connections: CONNECTIONS_MAX });

const server = createServer((request, response) => {
  pass(request, response).catch((error) => {
    if (response.headersSent) response.destroy(error);
    else response.writeHead(BAD_GATEWAY).end();
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
process.once('disconnect', () => process.exit());

async function pass(request, response) {
  const { statusCode, headers, body } = await pool.request({
    method: request.method,
    path: request.url,
    headers: { 'content-type': request.headers['content-type'] },
    body: request,
  });
  response.writeHead(statusCode, headers);
  await pipeline(body, response);
}
