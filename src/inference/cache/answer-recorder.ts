import type { TokenUsage } from '../../providers/spec/chat-call.js';

/** A larger answer is not kept. */
export const ANSWER_BYTES_MAX = 1_048_576;

/** Gathers an answer while it is handed on. Costs a reference for each part; nothing is copied before the end. */
export class AnswerRecorder {
  private parts: Uint8Array[] = [];
  private sizeBytes = 0;

  /** @param keep what is done with a whole answer; never throws. Null = nothing is gathered. */
  constructor(private keep: ((bytes: Buffer, report: AnswerReport) => Promise<void>) | null) {}

  /** The bytes must not change afterwards. */
  push(bytes: Uint8Array): void {
    if (!this.keep) return;
    this.sizeBytes += bytes.length;
    this.parts.push(bytes);
    if (this.sizeBytes > ANSWER_BYTES_MAX) this.drop();
  }

  /** The answer came to its end as it should. Nobody need wait for what comes of it; never throws. */
  async finish(report: AnswerReport): Promise<void> {
    const { keep, parts, sizeBytes } = this;
    this.drop();
    if (keep && sizeBytes > 0) await keep(join(parts, sizeBytes), report);
  }

  /** The answer failed, was cut off or is not wanted. Every other end may leave the recorder as it is. */
  drop(): void {
    this.keep = null;
    this.parts = [];
  }
}

/** What else is known of an answer at its end: a chat's report, say. */
export interface AnswerReport {
  usage: TokenUsage | null;
}

/** In memory of its own, so that a small answer does not hold a whole slab of the pool. */
function join(parts: readonly Uint8Array[], sizeBytes: number): Buffer {
  const whole = Buffer.allocUnsafeSlow(sizeBytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
