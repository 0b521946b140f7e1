import { MalformedAnswerError } from './malformed-answer.error.js';
import type { StreamedResponse } from './provider-http.js';
import { ConsumerFault } from './stream-image-json.js';

/**
 * Hands on an answer whose body is the picture itself, while it comes.
 * @throws MalformedAnswerError when it is empty or too large, what the connection threw, ConsumerFault for all else that
 *   `deliver` threw
 */
export async function deliverBody(
  { content }: StreamedResponse,
  bytesMax: number,
  deliver: (bytes: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const chunks = content[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const picture = new BodyBytes(chunks, bytesMax);
  try {
    await picture.start();
    await deliver(picture);
  } catch (error) {
    throw picture.fault ?? new ConsumerFault(error);
  }
  // A consumer may hide that the connection broke.
  if (picture.fault !== null) throw picture.fault;
}

/** Keeps what reading threw apart from what its reader did. */
class BodyBytes implements AsyncIterable<Uint8Array> {
  fault: Error | null = null;
  private first: Buffer | null = null;
  private sizeBytes = 0;

  constructor(
    private readonly chunks: AsyncIterator<Buffer>,
    private readonly bytesMax: number,
  ) {}

  async start(): Promise<void> {
    this.first = await this.next();
    if (this.first === null) throw this.note(new MalformedAnswerError('an empty picture'));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const { first } = this;
    this.first = null;
    if (first) yield first;
    for (let chunk = await this.next(); chunk !== null; chunk = await this.next()) yield chunk;
  }

  private async next(): Promise<Buffer | null> {
    try {
      const chunk = await this.chunks.next();
      if (chunk.done) return null;
      this.sizeBytes += chunk.value.length;
      if (this.sizeBytes <= this.bytesMax) return chunk.value;
    } catch (error) {
      throw this.note(error as Error);
    }
    throw this.note(new MalformedAnswerError('picture too large'));
  }

  private note(error: Error): Error {
    this.fault = error;
    return error;
  }
}
