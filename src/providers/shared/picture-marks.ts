import { randomUUID } from 'node:crypto';
import { encodeBase64 } from '../../common/encode-base64.js';
import type { InputImage } from '../spec/image-call.js';

/** Stands in a document for the base64 of a picture until the document is sent. */
export class PictureMarks {
  private readonly prefix = randomUUID();
  private readonly images: InputImage[] = [];

  add(image: InputImage): string {
    return `${this.prefix}:${this.images.push(image) - 1}:`;
  }

  /** The document as JSON; pictures are read and encoded as they are sent. */
  write(document: unknown): string | AsyncIterable<string> {
    const text = JSON.stringify(document);
    return this.images.length === 0 ? text : this.writePieces(text);
  }

  private async *writePieces(text: string): AsyncGenerator<string> {
    const [first = '', ...pieces] = text.split(new RegExp(`${this.prefix}:(\\d+):`));
    yield first;
    for (let at = 0; at < pieces.length; at += 2) {
      const image = this.images[Number(pieces[at])];
      if (image) yield* encodeBase64(image.open());
      yield pieces[at + 1] ?? '';
    }
  }
}
