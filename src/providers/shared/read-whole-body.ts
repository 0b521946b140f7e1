import type { Readable } from 'node:stream';
import { MalformedAnswerError } from './malformed-answer.error.js';

/** @throws MalformedAnswerError for an answer beyond the bound, or what the connection threw */
export async function readWholeBody(content: Readable, bytesMax: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of content) {
    sizeBytes += (part as Buffer).length;
    if (sizeBytes > bytesMax) throw new MalformedAnswerError('an answer that is too long');
    parts.push(part as Buffer);
  }
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}
