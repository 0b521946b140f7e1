import { randomUUID } from 'node:crypto';
import type { InputImage } from '../spec/image-call.js';

const LINE = '\r\n';

/** A form for a vendor: texts first, then pictures, which are read as they are sent. */
export interface MultipartForm {
  contentType: string;
  body: AsyncIterable<Uint8Array>;
}

/** @param fields names are ours and need no escape; values are sent as they are. */
export function toMultipartForm(
  fields: Readonly<Record<string, string>>,
  files: Readonly<Record<string, InputImage>>,
): MultipartForm {
  const boundary = `atelier-${randomUUID()}`;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: writeForm(boundary, fields, files),
  };
}

async function* writeForm(
  boundary: string,
  fields: Readonly<Record<string, string>>,
  files: Readonly<Record<string, InputImage>>,
): AsyncGenerator<Uint8Array> {
  const texts = Object.entries(fields).map(
    ([name, value]) => `${toHead(boundary, `name="${name}"`)}${LINE}${value}${LINE}`,
  );
  if (texts.length > 0) yield Buffer.from(texts.join(''));
  for (const [name, image] of Object.entries(files)) {
    const head = toHead(boundary, `name="${name}"; filename="${image.name}"`);
    yield Buffer.from(`${head}Content-Type: ${image.mediaType}${LINE}${LINE}`);
    for await (const part of image.open()) yield part as Uint8Array;
    yield Buffer.from(LINE);
  }
  yield Buffer.from(`--${boundary}--${LINE}`);
}

function toHead(boundary: string, disposition: string): string {
  return `--${boundary}${LINE}Content-Disposition: form-data; ${disposition}${LINE}`;
}
