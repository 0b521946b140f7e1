import {
  type ImageJsonForm,
  ImageJsonScanner,
  OPENAI_FORM,
  type PicturePiece,
} from './image-json-scanner.js';
import { MalformedAnswerError } from './malformed-answer.error.js';

export interface StreamedPicture {
  /** Position in the list of pictures. */
  index: number;
  bytes: AsyncIterable<Uint8Array>;
}

export interface StreamLimits {
  /** Pictures handed on; further ones are read over. */
  picturesMax: number;
  /** Decoded bytes of one picture. */
  pictureBytesMax: number;
}

/** What a consumer of pictures threw, kept apart from the faults of the vendor. */
export class ConsumerFault extends Error {
  override readonly name = 'ConsumerFault';

  constructor(override readonly cause: unknown) {
    super('the consumer of a picture failed', { cause });
  }
}

export interface StreamedDocument {
  /** The answer with an empty string for each picture. */
  document: unknown;
  /** Positions in the list of the pictures that were handed on. */
  streamed: readonly number[];
}

/** What reading a picture ends with that turns out to be a draft: whoever stores it drops it. */
class DraftPictureError extends Error {
  override readonly name = 'DraftPictureError';
}

/**
 * Reads the JSON answer of an image vendor and hands each base64 picture on as a stream of its bytes, while the rest
 * of the answer is still on its way. A draft (see ImageJsonForm) ends with an error for its reader and is not counted: the
 * next picture is handed on in its place. Pulls from `source` only as fast as `onPicture` reads; destroys it on a fault.
 * @throws MalformedAnswerError, or what `source` threw, also when `onPicture` failed because of it; ConsumerFault for
 *   all else that `onPicture` threw
 */
export async function streamImageJson(
  source: AsyncIterable<Buffer>,
  limits: StreamLimits,
  onPicture: (picture: StreamedPicture) => Promise<void>,
  form: ImageJsonForm = OPENAI_FORM,
): Promise<StreamedDocument> {
  const reader = new PieceReader(source, new ImageJsonScanner(limits.pictureBytesMax, form));
  const streamed: number[] = [];
  try {
    for (let piece = await reader.next(); piece !== null; piece = await reader.next()) {
      const picture = new PictureBytes(reader, piece);
      const isWanted = streamed.length < limits.picturesMax;
      if (isWanted) await reader.guard(onPicture({ index: piece.index, bytes: picture }), picture);
      await picture.skipRest();
      if (isWanted && !picture.isDraft) streamed.push(piece.index);
    }
    return { document: reader.end(), streamed };
  } finally {
    await reader.close();
  }
}

/** Pulls chunks from the source and hands out the pieces of pictures in them. */
class PieceReader {
  private readonly iterator: AsyncIterator<Buffer>;
  private readonly pieces: PicturePiece[] = [];
  private fault: Error | null = null;

  constructor(
    source: AsyncIterable<Buffer>,
    private readonly scanner: ImageJsonScanner,
  ) {
    this.iterator = source[Symbol.asyncIterator]();
  }

  /** Null = the source ended. */
  async next(): Promise<PicturePiece | null> {
    try {
      while (this.pieces.length === 0) {
        const chunk = await this.iterator.next();
        if (chunk.done) return null;
        this.scanner.push(chunk.value, this.pieces);
      }
      return this.pieces.shift() ?? null;
    } catch (error) {
      this.fault = error as Error;
      throw error;
    }
  }

  /** The next piece where a picture has begun and the answer must not end. */
  async nextOfPicture(): Promise<PicturePiece> {
    const piece = await this.next();
    if (piece) return piece;
    this.fault = new MalformedAnswerError('the answer ended inside a picture');
    throw this.fault;
  }

  /** The consumer may wrap or hide what the source threw; the source knows better. */
  async guard(work: Promise<void>, picture: PictureBytes): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (picture.isDraft && this.fault === null) return;
      throw this.fault ?? new ConsumerFault(error);
    }
    if (this.fault !== null) throw this.fault;
  }

  end(): unknown {
    return this.scanner.end();
  }

  async close(): Promise<void> {
    await this.iterator.return?.();
  }
}

/** The bytes of one picture; may be read once, in whole or in part. */
class PictureBytes implements AsyncIterable<Uint8Array> {
  isDraft = false;
  private isComplete = false;

  constructor(
    private readonly reader: PieceReader,
    private first: PicturePiece | null,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (let bytes = await this.nextBytes(); bytes !== null; bytes = await this.nextBytes()) {
      yield bytes;
    }
    if (this.isDraft) throw new DraftPictureError('the picture is a draft');
  }

  async skipRest(): Promise<void> {
    while ((await this.nextBytes()) !== null);
  }

  private async nextBytes(): Promise<Buffer | null> {
    if (this.isComplete) return null;
    const piece = this.first ?? (await this.reader.nextOfPicture());
    this.first = null;
    if (piece.bytes === null) this.isComplete = true;
    this.isDraft = piece.isDraft ?? false;
    return piece.bytes;
  }
}
