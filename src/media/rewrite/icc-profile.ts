import { inflateSync } from 'node:zlib';

/** A colour profile that is kept is at most so large; real ones for screens have some hundred to some thousand bytes. */
export const ICC_BYTES_MAX = 1_048_576;
/** As much of a profile as says whether it is one. */
export const ICC_HEAD_BYTES = 128;
const SIGNATURE_AT = 36;

/** @param head the first 128 bytes; @param sizeBytes null = not known yet */
export function isIccHead(head: Buffer, sizeBytes: number | null): boolean {
  if (head.length < ICC_HEAD_BYTES) return false;
  const declaredBytes = head.readUInt32BE(0);
  if (declaredBytes > ICC_BYTES_MAX || declaredBytes < ICC_HEAD_BYTES) return false;
  if (sizeBytes !== null && declaredBytes !== sizeBytes) return false;
  return head.toString('latin1', SIGNATURE_AT, SIGNATURE_AT + 4) === 'acsp';
}

/** The profile of a PNG's iCCP chunk: name, zero, method, compressed data. Null = not one that is kept. Never throws. */
export function readPngProfile(data: Buffer): Buffer | null {
  const nameEnd = data.indexOf(0);
  if (nameEnd < 1 || data[nameEnd + 1] !== 0) return null;
  try {
    const profile = inflateSync(data.subarray(nameEnd + 2), { maxOutputLength: ICC_BYTES_MAX });
    return isIccHead(profile, profile.length) ? profile : null;
  } catch {
    return null;
  }
}
