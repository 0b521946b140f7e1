import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { ObjectPlace, S3Bucket } from './s3-bucket.js';
import { isNoUpload, isPassing } from './s3-faults.js';

/** The least that S3 takes for a part, except for the last; what one upload holds in memory. */
const PART_BYTES = 5 * 1024 * 1024;
/** Never shown by a browser, should anybody open the bucket. */
const MEDIA_TYPE = 'application/octet-stream';
/** Metadata that tells which upload made an object. */
const MARK = 'upload';
const FIRST_WAIT_MS = 200;
const WAIT_MS_MAX = 2_000;
const CLEANUP_TIMEOUT_MS = 5_000;

/**
 * One object on its way in: a single request if it is small, else in parts, one after the other.
 * Each part is in memory until the bucket has it, so a bucket that is away for less than `patienceMs` loses nothing.
 */
export class S3Upload {
  private chunks: Uint8Array[] = [];
  private heldBytes = 0;
  private uploadId: string | null = null;
  /** Of what is sent in parts. */
  private readonly mark = randomUUID();
  private readonly parts: CompletedPart[] = [];

  constructor(
    private readonly bucket: S3Bucket,
    private readonly place: ObjectPlace,
    private readonly patienceMs: number,
  ) {}

  async push(chunk: Uint8Array): Promise<void> {
    let rest = chunk;
    while (this.heldBytes + rest.byteLength > PART_BYTES) {
      const fitting = rest.subarray(0, PART_BYTES - this.heldBytes);
      this.hold(fitting);
      rest = rest.subarray(fitting.byteLength);
      await this.sendPart();
    }
    this.hold(rest);
  }

  /** Once it resolves the object is there, whole. */
  async finish(): Promise<void> {
    if (this.uploadId === null) return this.sendWhole();
    await this.sendPart();
    await this.complete(this.uploadId);
  }

  /** Leaves nothing, as well as possible: the sweep and the bucket's own rules do the rest. Never throws. */
  async abandon(): Promise<void> {
    this.chunks = [];
    const { own } = this.bucket;
    const options = { abortSignal: AbortSignal.timeout(CLEANUP_TIMEOUT_MS) };
    const UploadId = this.uploadId;
    if (UploadId !== null) {
      const command = new AbortMultipartUploadCommand({ ...this.place, UploadId });
      await own.send(command, options).catch(() => undefined);
    }
    await own.send(new DeleteObjectCommand(this.place), options).catch(() => undefined);
  }

  private hold(chunk: Uint8Array): void {
    if (chunk.byteLength === 0) return;
    this.chunks.push(chunk);
    this.heldBytes += chunk.byteLength;
  }

  private take(): Buffer {
    const body = Buffer.concat(this.chunks, this.heldBytes);
    this.chunks = [];
    this.heldBytes = 0;
    return body;
  }

  private async sendWhole(): Promise<void> {
    const Body = this.take();
    const { bucket, place } = this;
    const command = { ...place, ...bucket.encryption, ContentType: MEDIA_TYPE };
    await this.patiently(() =>
      bucket.own.send(new PutObjectCommand({ ...command, Body, ContentLength: Body.byteLength })),
    );
  }

  private async sendPart(): Promise<void> {
    const Body = this.take();
    const UploadId = (this.uploadId ??= await this.begin());
    const PartNumber = this.parts.length + 1;
    const target = { ...this.place, UploadId, PartNumber, ContentLength: Body.byteLength };
    const { ETag } = await this.patiently(() =>
      this.bucket.own.send(new UploadPartCommand({ ...target, Body })),
    );
    this.parts.push({ ETag, PartNumber });
  }

  private async begin(): Promise<string> {
    const { bucket, place } = this;
    const Metadata = { [MARK]: this.mark };
    const command = { ...place, ...bucket.encryption, ContentType: MEDIA_TYPE };
    const { UploadId } = await this.patiently(() =>
      bucket.own.send(new CreateMultipartUploadCommand({ ...command, Metadata })),
    );
    if (!UploadId) throw new Error('the bucket began an upload without naming it');
    return UploadId;
  }

  private async complete(UploadId: string): Promise<void> {
    const MultipartUpload = { Parts: this.parts };
    try {
      await this.patiently(() =>
        this.bucket.own.send(
          new CompleteMultipartUploadCommand({ ...this.place, UploadId, MultipartUpload }),
        ),
      );
    } catch (error) {
      // An attempt whose answer was lost may have completed it; the next one then finds no such upload.
      const mayBeDone = isNoUpload(error) || isPassing(error);
      if (!mayBeDone || !(await this.isComplete())) throw error;
    }
    this.uploadId = null;
  }

  /** Another attempt may have left an object of the same name, but not of the same mark. */
  private async isComplete(): Promise<boolean> {
    const { Metadata } = await this.bucket.own.send(new HeadObjectCommand(this.place));
    return Metadata?.[MARK] === this.mark;
  }

  /** Beyond the attempts of the SDK, each with its turn, and none held while it waits. */
  private async patiently<T>(send: () => Promise<T>): Promise<T> {
    let untilMs: number | null = null;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, WAIT_MS_MAX)) {
      try {
        return await this.bucket.inTurn(send);
      } catch (error) {
        untilMs ??= performance.now() + this.patienceMs;
        if (!isPassing(error) || performance.now() + waitMs > untilMs) throw error;
        await sleep(waitMs);
      }
    }
  }
}
