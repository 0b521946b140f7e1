/** A shop's own server of pictures on a local port. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PictureHost {
  /** Paths that were asked for since a test cleared it. */
  requests: string[];
  /** Called at each request, before it is answered. */
  onRequest: () => void;
  /** Where this picture is. */
  add(name: string, bytes: Buffer): string;
  /** An address that answers 404. */
  missing(): string;
  stop(): Promise<void>;
}

export async function startPictureHost(): Promise<PictureHost> {
  const pictures = new Map<string, Buffer>();
  const host: PictureHost = {
    requests: [],
    onRequest: () => undefined,
    add(name, bytes) {
      pictures.set(`/${name}`, bytes);
      return toUrl(server, name);
    },
    missing: () => toUrl(server, 'missing.png'),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    host.requests.push(path);
    host.onRequest();
    const bytes = pictures.get(path);
    if (!bytes) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'image/png' }).end(bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return host;
}

function toUrl(server: Server, name: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}/${name}`;
}
