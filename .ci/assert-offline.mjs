/** Fails when an address outside this machine can be reached, or when loopback cannot. */
import { createServer } from 'node:http';
import { networkInterfaces } from 'node:os';

const outside = Object.values(networkInterfaces())
  .flat()
  .filter(({ internal }) => !internal);
if (outside.length > 0) {
  console.error(`There is a network: ${outside.map(({ address }) => address).join(', ')}`);
  process.exit(1);
}
const server = createServer((_request, response) => response.end('here'));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const answer = await fetch(`http://127.0.0.1:${server.address().port}`);
console.log(`loopback only: ${await answer.text()}`);
server.close();
