import { randomUUID } from 'node:crypto';
import type { InputImage } from '../spec/image-call.js';

const LINE = '\r\n';

/** A form for a vendor: texts first, then pictures, which are read as they are sent. */
export interface MultipartForm {
  contentType: string;
  /** For servers that take no form of unknown length, such as stores of files. */
  sizeBytes: number;
  body: AsyncIterable<Uint8Array>;
}

/** @param fields names are ours and need no escape; values are sent as they are. */
export function toMultipartForm(
  fields: Readonly<Record<string, string>>,
  files: Readonly<Record<string, InputImage>>,
): MultipartForm {
  const boundary = `atelier-${randomUUID()}`;
  const parts = [...listParts(boundary, fields, files)];
  const sizes = parts.map((part) =>
    typeof part === 'string' ? Buffer.byteLength(part) : part.sizeBytes,
  );
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
    body: writeParts(parts),
  };
}

function* listParts(
  boundary: string,
  fields: Readonly<Record<string, string>>,
  files: Readonly<Record<string, InputImage>>,
): Generator<string | InputImage> {
  for (const [name, value] of Object.entries(fields)) {
    yield `${toHead(boundary, `name="${name}"`)}${LINE}${value}${LINE}`;
  }
  for (const [name, image] of Object.entries(files)) {
    const head = toHead(boundary, `name="${name}"; filename="${image.name}"`);
    yield `${head}Content-Type: ${image.mediaType}${LINE}${LINE}`;
    yield image;
    yield LINE;
  }
  yield `--${boundary}--${LINE}`;
}

async function* writeParts(parts: readonly (string | InputImage)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (typeof part === 'string') yield Buffer.from(part);
    else for await (const piece of part.open()) yield piece as Uint8Array;
  }
}

function toHead(boundary: string, disposition: string): string {
  return `--${boundary}${LINE}Content-Disposition: form-data; ${disposition}${LINE}`;
}
