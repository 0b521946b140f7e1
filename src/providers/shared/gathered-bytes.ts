/** Shorter ones are put together at the end: they come in one or two pieces. */
const ANNOUNCED_BYTES_MIN = 131_072;

/**
 * The bytes of a body, gathered as they come. Where the length is announced each piece is copied to its place at once:
 * kept until the end, the pieces of a long body would lie in memory beside their copy.
 */
export class GatheredBytes {
  private whole: Buffer | null;
  private parts: Buffer[] = [];
  private filledBytes = 0;
  /** Of all pieces. */
  sizeBytes = 0;

  /** @param announcedBytes what the body should have, and may; null = not known. More or fewer are taken as they come. */
  constructor(announcedBytes: number | null) {
    const isLong = announcedBytes !== null && announcedBytes >= ANNOUNCED_BYTES_MIN;
    this.whole = isLong ? Buffer.allocUnsafeSlow(announcedBytes) : null;
  }

  add(piece: Buffer): void {
    this.sizeBytes += piece.length;
    if (this.whole && this.filledBytes + piece.length <= this.whole.length) {
      piece.copy(this.whole, this.filledBytes);
      this.filledBytes += piece.length;
      return;
    }
    this.parts.push(...this.takeFilled(), piece);
  }

  /** All of it, once: nothing is kept here. */
  take(): Buffer {
    const parts = [...this.takeFilled(), ...this.parts.splice(0)];
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  private takeFilled(): Buffer[] {
    const { whole, filledBytes } = this;
    this.whole = null;
    return whole ? [whole.subarray(0, filledBytes)] : [];
  }
}
