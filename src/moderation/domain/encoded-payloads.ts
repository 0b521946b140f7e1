import type { TextScan } from './scan-text.js';

/** Shorter runs hold no sentence. */
const RUN_CHARS_MIN = 24;
const ESCAPES_MIN = 8;
/** Most payloads of a text that are opened, and most characters read of each. */
const PAYLOADS_MAX = 16;
const PAYLOAD_CHARS_MAX = 8_192;
/** What is no text once decoded was no text before: a hash, a key, a picture. */
const READABLE_SHARE_MIN = 0.9;
const READABLE_CHARS_MIN = 12;
const READABLE_CHARS_LOOKED = 256;
const READABLE_RUN = /[\p{L}\p{M}\p{N}\p{P}\p{Zs}\n]+/gu;

/** A run, and those in the lines below it: encoders break lines after 76. */
const RUN =
  /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,8192}={0,2}(?:\r?\n[A-Za-z0-9+/_-]{24,76}={0,2}){0,99}/g;
const HEX = /^(?:0x)?[0-9a-f]+$/i;
const PERCENT = /(?:%[0-9a-f]{2}|[\w.+-]){0,4096}(?:%[0-9a-f]{2}[\w.+-]{0,40}){8,1024}/gi;
const ESCAPES = /(?:\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|u\{[0-9a-f]{1,6}\})[ \w.,-]{0,20}){8,1024}/gi;
/** Pictures, sounds and the like travel as data: URLs; what they hold is no instruction. */
const BINARY_URL =
  /data:(?:image|audio|video|font|application)\/[\w.+-]{1,80}(?:;[\w.+=-]{1,80}){0,4};base64,$/i;
const BINARY_URL_CHARS_MAX = 400;

/** Texts that are hidden in another, decoded; whatever does not decode to readable text is left out. */
export function findHiddenTexts(text: string, scan: TextScan): string[] {
  const found: string[] = [];
  if (scan.encodedRun >= RUN_CHARS_MIN) collect(text, RUN, found, fromRun);
  if (scan.percentSigns >= ESCAPES_MIN) collect(text, PERCENT, found, fromPercent);
  if (scan.backslashes >= ESCAPES_MIN) collect(text, ESCAPES, found, fromEscapes);
  return found;
}

function collect(
  text: string,
  form: RegExp,
  found: string[],
  decode: (payload: string) => string | null,
): void {
  form.lastIndex = 0;
  for (let looked = 0; looked < PAYLOADS_MAX; looked += 1) {
    const match = form.exec(text);
    if (!match) break;
    const before = text.slice(Math.max(0, match.index - BINARY_URL_CHARS_MAX), match.index);
    if (BINARY_URL.test(before)) continue;
    const decoded = decode(match[0].slice(0, PAYLOAD_CHARS_MAX));
    if (decoded !== null && isReadable(decoded)) found.push(decoded);
  }
  form.lastIndex = 0;
}

function fromRun(payload: string): string {
  const run = payload.replace(/\s/g, '');
  const bytes = HEX.test(run)
    ? Buffer.from(run.replace(/^0x/i, ''), 'hex')
    : Buffer.from(run, 'base64');
  return bytes.toString('utf8');
}

function fromPercent(payload: string): string | null {
  try {
    return decodeURIComponent(payload.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

function fromEscapes(payload: string): string {
  return payload.replace(
    /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|u\{([0-9a-f]{1,6})\})/gi,
    (_, byte?: string, unit?: string, point?: string) => {
      const code = Number.parseInt(byte ?? unit ?? point ?? '', 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : '';
    },
  );
}

/** Its beginning tells. */
function isReadable(text: string): boolean {
  const start = text.slice(0, READABLE_CHARS_LOOKED);
  let readable = 0;
  for (const [run] of start.matchAll(READABLE_RUN)) readable += run.length;
  return readable >= READABLE_CHARS_MIN && readable >= start.length * READABLE_SHARE_MIN;
}
