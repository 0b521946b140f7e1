/** A server of S3's protocol in this process, with one empty bucket: what MEDIA_STORE=s3 is tested against. */
import { createCipheriv } from 'node:crypto';
import { createRequire } from 'node:module';
import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { S3Config } from '../../src/config/media-config.js';
import type { Environment } from '../../src/config/read-settings.js';
import { makeTestFolder } from './test-folder.js';

/** The package has no types. */
interface S3rver {
  run(): Promise<{ port: number }>;
  close(): Promise<void>;
  httpServer: Server;
}
const require = createRequire(import.meta.url);
const S3rverClass = require('s3rver') as new (options: object) => S3rver;

/**
 * It seals the tokens of its lists with DES, which the OpenSSL of today knows no more; three times with one key, Triple-DES
 * comes to the same. Without it every list of more than one page is a 500.
 */
const crypto = require('node:crypto') as { createCipheriv: typeof createCipheriv };
crypto.createCipheriv = ((name: string, key: Buffer, iv: Buffer) =>
  name === 'des'
    ? createCipheriv('des-ede3-cbc', Buffer.concat([key, key, key]), iv)
    : createCipheriv(name, key, iv)) as typeof createCipheriv;

export const TEST_BUCKET = 'pictures';

export interface S3Server {
  port: number;
  /** Where it keeps what it was given. */
  folder: string;
  /** What MEDIA_STORE=s3 needs to find it. */
  settings: Environment;
  stop(): Promise<void>;
}

export async function startS3Server(): Promise<S3Server> {
  const folder = makeTestFolder('atelier-s3-');
  const server = new S3rverClass({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory: folder,
    vhostBuckets: false,
    // It knows the signatures of the second version alone; what is signed is proved by other tests.
    allowMismatchedSignatures: true,
    configureBuckets: [{ name: TEST_BUCKET }],
  });
  const { port } = await server.run();
  return {
    port,
    folder,
    settings: toS3Settings(port),
    async stop() {
      const closed = server.close();
      server.httpServer.closeAllConnections();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The same for an adapter alone. */
export function toS3Config(port: number, more: Partial<S3Config> = {}): S3Config {
  return {
    bucket: TEST_BUCKET,
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    publicEndpoint: null,
    credentials: Object.freeze({ accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER-secret' }),
    forcePathStyle: true,
    prefix: '',
    encryption: null,
    socketsMax: 10,
    timeoutS: 30,
    attemptsMax: 2,
    patienceS: 0,
    ...more,
  };
}

/** For the server itself, or for what stands before it on another port. */
export function toS3Settings(port: number): Environment {
  return {
    MEDIA_STORE: 's3',
    S3_BUCKET: TEST_BUCKET,
    S3_ENDPOINT: `http://127.0.0.1:${port}`,
    S3_ACCESS_KEY_ID: 'S3RVER',
    S3_SECRET_ACCESS_KEY: 'S3RVER-secret',
    S3_FORCE_PATH_STYLE: 'true',
  };
}
