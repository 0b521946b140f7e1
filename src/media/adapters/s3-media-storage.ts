import { randomUUID } from 'node:crypto';
import {
  type _Object,
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { assert } from '../../common/assert.js';
import type { S3Config } from '../../config/media-config.js';
import {
  type ByteRange,
  MediaStorage,
  type StoredBytes,
  type StoredObject,
  type UploadAddress,
  type UploadTerms,
} from '../domain/media-storage.strategy.js';
import { assertIncomingName, assertStorageKey, parseIncomingName } from '../domain/storage-key.js';
import { type ObjectPlace, S3Bucket } from './s3-bucket.js';
import { isMissing, toStartFault, toStoreFault } from './s3-faults.js';
import { S3Upload } from './s3-upload.js';

const INCOMING = 'incoming/';
/** Behind every name that this program gives to an incoming picture. */
const INCOMING_END = `${INCOMING}~`;
const MS_PER_S = 1_000;
/** Names of one answer; the next ones are asked for when these are read. */
const LIST_MAX = 1_000;
/** A ping costs money, and anybody may ask for the health. */
const PING_STANDS_MS = 2_000;
const PING_TIMEOUT_MS = 5_000;
/** As long as S3 lets a signature live. */
const EXPIRES_S_MAX = 604_800;
const FOREIGN_NAME_FORM = /^(?!\.{1,2}$)[^/]+$/;

/**
 * Pictures as objects of a bucket: `<prefix>incoming/<name>`, then `<prefix><key>`. A bucket cannot rename, so
 * promotion copies and then drops the incoming object; between the two both are there, which a repetition or the sweep
 * ends. When an object was made is known to the second, by the bucket's clock.
 * What the bucket does not do is DomainError `service.unavailable`.
 */
export class S3MediaStorage extends MediaStorage {
  private readonly bucket: S3Bucket;
  private ping$: { at: number; result: Promise<void> } | null = null;

  constructor(private readonly config: S3Config) {
    super();
    this.bucket = new S3Bucket(config);
  }

  async prepare(): Promise<void> {
    const { own, name } = this.bucket;
    await own.send(new HeadBucketCommand({ Bucket: name })).catch((error: unknown) => {
      throw toStartFault(name, error);
    });
  }

  async stage(name: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    const isPaid = parseIncomingName(name)?.role === 'output';
    const patienceMs = isPaid ? this.config.patienceS * MS_PER_S : 0;
    const upload = new S3Upload(this.bucket, this.toIncomingPlace(name), patienceMs);
    const keeping = <T>(step: Promise<T>) =>
      step.catch((error: unknown) => {
        throw toStoreFault('keeping a picture', error);
      });
    try {
      for await (const chunk of source) await keeping(upload.push(chunk));
      await keeping(upload.finish());
    } catch (error) {
      await upload.abandon();
      throw error;
    }
  }

  async presignUpload(name: string, terms: UploadTerms): Promise<UploadAddress | null> {
    const { sizeBytes, mediaType, expiresS } = terms;
    assert(Number.isSafeInteger(sizeBytes) && sizeBytes > 0, 'not the size of an upload');
    assert(expiresS >= 1 && expiresS <= EXPIRES_S_MAX, 'not the life of an upload address');
    const command = new PutObjectCommand({
      ...this.toIncomingPlace(name),
      ...this.bucket.encryption,
      ContentLength: sizeBytes,
      ContentType: mediaType,
    });
    const url = await getSignedUrl(this.bucket.forCallers, command, {
      expiresIn: Math.floor(expiresS),
      signableHeaders: new Set(['host', 'content-length', 'content-type']),
    });
    const { ServerSideEncryption, SSEKMSKeyId } = this.bucket.encryption;
    return {
      url,
      headers: {
        'content-length': String(sizeBytes),
        'content-type': mediaType,
        ...(ServerSideEncryption && { 'x-amz-server-side-encryption': ServerSideEncryption }),
        ...(SSEKMSKeyId && { 'x-amz-server-side-encryption-aws-kms-key-id': SSEKMSKeyId }),
      },
    };
  }

  async promote(name: string, key: string): Promise<boolean> {
    const from = this.toIncomingPlace(name);
    const to = this.toPlace(key);
    const copy = new CopyObjectCommand({
      ...to,
      ...this.bucket.encryption,
      CopySource: `${from.Bucket}/${from.Key}`,
    });
    const isCopied = await this.ask('promoting a picture', () => this.bucket.own.send(copy));
    if (!isCopied) return (await this.stat(key)) !== null;
    // The bytes are where they belong. An incoming object that stays is dropped by the sweep.
    await this.remove(from).catch(() => undefined);
    return true;
  }

  async openIncoming(name: string): Promise<StoredBytes | null> {
    return this.read(this.bucket.own, this.toIncomingPlace(name));
  }

  async discard(name: string): Promise<void> {
    // A foreign name, as listIncoming gives it, is a single part of a path too.
    if (!FOREIGN_NAME_FORM.test(name)) assertIncomingName(name);
    await this.remove(this.bucket.place(`${INCOMING}${name}`));
  }

  async *listIncoming(olderThan: Date): AsyncGenerator<string> {
    const { Bucket, Key: Prefix } = this.bucket.place(INCOMING);
    let ContinuationToken: string | undefined;
    do {
      const page = { Bucket, Prefix, Delimiter: '/', MaxKeys: LIST_MAX, ContinuationToken };
      const answer = await this.demand('listing pictures', () =>
        this.bucket.own.send(new ListObjectsV2Command(page)),
      );
      for (const { Key = Prefix, LastModified } of answer.Contents ?? []) {
        const isOlder = LastModified !== undefined && LastModified < olderThan;
        if (isOlder && Key.length > Prefix.length) yield Key.slice(Prefix.length);
      }
      ContinuationToken = answer.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }

  async open(key: string, range?: ByteRange): Promise<StoredBytes | null> {
    return this.read(this.bucket.readers, this.toPlace(key), range);
  }

  async stat(key: string): Promise<{ sizeBytes: number } | null> {
    const place = this.toPlace(key);
    const facts = await this.ask('looking for a picture', () =>
      this.bucket.own.send(new HeadObjectCommand(place)),
    );
    if (facts) return { sizeBytes: facts.ContentLength ?? 0 };
    // Of a bucket that is missing HEAD says the same, and rows must not be given up for that.
    await this.demand('looking for the bucket', () =>
      this.bucket.own.send(new HeadBucketCommand({ Bucket: place.Bucket })),
    );
    return null;
  }

  async delete(key: string): Promise<void> {
    await this.remove(this.toPlace(key));
  }

  override async list(after: string | null, limit: number): Promise<StoredObject[]> {
    const { Bucket, Key: Prefix } = this.bucket.place('');
    const found: StoredObject[] = [];
    for (let StartAfter = after === null ? undefined : `${Prefix}${after}`; ;) {
      const page = {
        Bucket,
        Prefix,
        StartAfter,
        MaxKeys: Math.min(LIST_MAX, limit - found.length),
      };
      const answer = await this.demand('listing pictures', () =>
        this.bucket.own.send(new ListObjectsV2Command(page)),
      );
      const listed = answer.Contents ?? [];
      found.push(...listed.flatMap((object) => toStoredObject(object, Prefix)));
      const last = listed.at(-1)?.Key;
      if (!answer.IsTruncated || last === undefined || found.length >= limit) return found;
      // However many pictures come in, no more than one page of them is asked for; what others put behind them is passed.
      const isComing = last.startsWith(`${Prefix}${INCOMING}`) && last < `${Prefix}${INCOMING_END}`;
      StartAfter = isComing ? `${Prefix}${INCOMING_END}` : last;
    }
  }

  async ping(): Promise<void> {
    const now = performance.now();
    if (!this.ping$ || now - this.ping$.at > PING_STANDS_MS) {
      this.ping$ = { at: now, result: this.writeAndRemove() };
    }
    return this.ping$.result;
  }

  /** Called by Nest. */
  onApplicationShutdown(): void {
    this.bucket.close();
  }

  private async writeAndRemove(): Promise<void> {
    // An object is written, because a key that may read or a quota that is full says nothing else.
    const place = this.bucket.place(`${INCOMING}ping-${randomUUID()}`);
    const options = { abortSignal: AbortSignal.timeout(PING_TIMEOUT_MS) };
    const put = new PutObjectCommand({ ...place, ...this.bucket.encryption, Body: 'ping' });
    await this.demand('a ping', async () => {
      await this.bucket.own.send(put, options);
      await this.bucket.own.send(new DeleteObjectCommand(place), options);
    });
  }

  private async read(
    client: S3Client,
    place: ObjectPlace,
    range?: ByteRange,
  ): Promise<StoredBytes | null> {
    const Range = range && `bytes=${range.start}-${range.end}`;
    // Without a turn: it would be held as long as the reader likes.
    const answer = await asking('reading a picture', () =>
      client.send(new GetObjectCommand({ ...place, Range })),
    );
    if (!answer) return null;
    const wholeBytes = Number(answer.ContentRange?.split('/')[1] ?? answer.ContentLength);
    return { stream: answer.Body as StoredBytes['stream'], sizeBytes: wholeBytes };
  }

  private async remove(place: ObjectPlace): Promise<void> {
    await this.ask('dropping a picture', () =>
      this.bucket.own.send(new DeleteObjectCommand(place)),
    );
  }

  /** Null when there is no such object. */
  private ask<T>(operation: string, send: () => Promise<T>): Promise<T | null> {
    return asking(operation, () => this.bucket.inTurn(send));
  }

  private async demand<T>(operation: string, send: () => Promise<T>): Promise<T> {
    try {
      return await this.bucket.inTurn(send);
    } catch (error) {
      throw toStoreFault(operation, error);
    }
  }

  private toIncomingPlace(name: string): ObjectPlace {
    assertIncomingName(name);
    return this.bucket.place(`${INCOMING}${name}`);
  }

  private toPlace(key: string): ObjectPlace {
    assertStorageKey(key);
    return this.bucket.place(key);
  }
}

/** None for an incoming picture, and for the object that stands for the prefix itself. */
function toStoredObject({ Key = '', Size, LastModified }: _Object, prefix: string): StoredObject[] {
  const key = Key.slice(prefix.length);
  if (key === '' || key.startsWith(INCOMING)) return [];
  // Without a time it is taken for new, so that nobody takes it for something forgotten.
  return [{ key, sizeBytes: Size ?? 0, changedAt: LastModified ?? new Date() }];
}

async function asking<T>(operation: string, send: () => Promise<T>): Promise<T | null> {
  try {
    return await send();
  } catch (error) {
    if (isMissing(error)) return null;
    throw toStoreFault(operation, error);
  }
}
