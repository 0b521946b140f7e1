import { type JsonRecord, parseJson, toRecord } from '../../providers/shared/read-json.js';

const LINE_FEED = 0x0a;
const FIELD = 'data:';
const DONE = '[DONE]';

/** The chunks of a whole event stream, in order; null = it is broken off, or holds something that is no chunk. */
export function readChunks(bytes: Buffer): JsonRecord[] | null {
  const chunks: JsonRecord[] = [];
  for (let from = 0; from < bytes.length;) {
    const found = bytes.indexOf(LINE_FEED, from);
    const end = found < 0 ? bytes.length : found;
    const line = bytes.toString('utf8', from, end);
    from = end + 1;
    if (!line.startsWith(FIELD)) continue;
    const payload = line.slice(FIELD.length).trim();
    if (payload === DONE) return chunks;
    const chunk = toRecord(parseJson(payload));
    if (!chunk || chunk.error) return null;
    chunks.push(chunk);
  }
  return null;
}

/** One event of OpenAI's stream. */
export function toEvent(chunk: JsonRecord): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}
