import { createHash, randomBytes } from 'node:crypto';

const CODE_BYTES = 24;
const CODE_FORM = /^[A-Za-z0-9_-]{32}$/;
const PREFIX_LENGTH = 8;

/** A code as it is kept: what it is found by, and what tells it apart. Neither opens anything. */
export interface CodeMark {
  hash: Buffer;
  prefix: string;
}

/** 192 random bits in 32 letters that a URL takes as they are. Shown to its maker once and not kept. */
export function newInviteCode(): string {
  return randomBytes(CODE_BYTES).toString('base64url');
}

/** Null for a text that cannot be a code. The code is random enough for its digest to need no salt. */
export function findCodeMark(code: string): CodeMark | null {
  if (!CODE_FORM.test(code)) return null;
  const hash = createHash('sha256').update(code, 'utf8').digest();
  return { hash, prefix: code.slice(0, PREFIX_LENGTH) };
}
