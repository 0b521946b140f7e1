import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { DomainError } from '../../common/domain-error.js';
import type { S3Config } from '../../config/media-config.js';

const MS_PER_S = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** A reader that takes nothing for this long loses its stream: it holds a connection to the bucket meanwhile. */
const READER_IDLE_MS = 60_000;
/** Readers are callers with slow lines, writers are this process; none of the former may keep the latter waiting. */
const READERS_PER_WRITER = 10;
/** Requests that wait for their turn; more than the runs and uploads of a process are. */
const WAITING_MAX = 10_000;

/** What every request about an object names. */
export interface ObjectPlace {
  Bucket: string;
  Key: string;
}

/** One bucket, and the connections of this process to it. */
export class S3Bucket {
  readonly name: string;
  /** For what this process itself reads and writes, and never for long. */
  readonly own: S3Client;
  /** For pictures that are read by others. */
  readonly readers: S3Client;
  /** Makes addresses for callers, and no requests. */
  readonly forCallers: S3Client;
  private readonly waiting: (() => void)[] = [];
  private free: number;

  constructor(readonly config: S3Config) {
    this.name = config.bucket;
    this.free = config.socketsMax;
    const timeoutMs = config.timeoutS * MS_PER_S;
    // Twice, because of what is read; turns bound the rest.
    this.own = new S3Client(toOptions(config, config.socketsMax * 2, timeoutMs));
    const readersMax = config.socketsMax * READERS_PER_WRITER;
    this.readers = new S3Client(toOptions(config, readersMax, READER_IDLE_MS));
    const { publicEndpoint } = config;
    this.forCallers = publicEndpoint
      ? new S3Client(toOptions({ ...config, endpoint: publicEndpoint }, 1, timeoutMs))
      : this.own;
  }

  place(path: string): ObjectPlace {
    return { Bucket: this.name, Key: `${this.config.prefix}${path}` };
  }

  /** What asks for encryption, for requests that make an object. */
  get encryption(): { ServerSideEncryption?: 'AES256' | 'aws:kms'; SSEKMSKeyId?: string } {
    const { encryption } = this.config;
    if (!encryption) return {};
    return {
      ServerSideEncryption: encryption.kind,
      ...(encryption.keyId !== null && { SSEKMSKeyId: encryption.keyId }),
    };
  }

  /** Bounds the requests at once: one that waits for a connection inside the SDK would run out of its time there. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    await this.takeTurn();
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free += 1;
    }
  }

  close(): void {
    for (const client of [this.own, this.readers, this.forCallers]) client.destroy();
  }

  private async takeTurn(): Promise<void> {
    if (this.free > 0) {
      this.free -= 1;
      return;
    }
    if (this.waiting.length >= WAITING_MAX) {
      throw new DomainError(
        'service.unavailable',
        'Too many pictures wait for their store. Try again in a few seconds.',
      );
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}

function toOptions(config: S3Config, socketsMax: number, idleMs: number): S3ClientConfig {
  return {
    region: config.region,
    ...(config.endpoint !== null && { endpoint: config.endpoint }),
    // A copy: the SDK writes on it, and the configuration is frozen.
    ...(config.credentials !== null && { credentials: { ...config.credentials } }),
    forcePathStyle: config.forcePathStyle,
    maxAttempts: config.attemptsMax,
    retryMode: 'standard',
    // The signature covers the bytes already, and not every server understands the checksums of S3.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It would open a connection of its own for every larger picture.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: config.timeoutS * MS_PER_S,
      throwOnRequestTimeout: true,
      socketTimeout: idleMs,
      httpAgent: { keepAlive: true, maxSockets: socketsMax },
      httpsAgent: { keepAlive: true, maxSockets: socketsMax },
    },
  };
}
