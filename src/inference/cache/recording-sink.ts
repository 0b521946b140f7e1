import type { AnswerSink, AnswerStart } from '../answer-sink.js';
import type { AnswerRecorder, AnswerReport } from './answer-recorder.js';

/** Hands an answer on, and takes it down meanwhile. */
export class RecordingSink implements AnswerSink {
  private recorder: AnswerRecorder | null = null;

  /**
   * @param signal fires when the answer is of no use any more
   * @param headers what the answer says besides
   * @param record what is to take down an answer that begins so
   */
  constructor(
    private readonly sink: AnswerSink,
    readonly signal: AbortSignal,
    private readonly headers: Readonly<Record<string, string>>,
    private readonly record: (start: AnswerStart) => AnswerRecorder,
  ) {}

  admitted(): void {
    this.sink.admitted();
  }

  begin(start: AnswerStart): void {
    this.recorder = this.record(start);
    this.sink.begin({ ...start, headers: { ...start.headers, ...this.headers } });
  }

  write(bytes: Uint8Array): void | Promise<void> {
    this.recorder?.push(bytes);
    return this.sink.write(bytes);
  }

  /** The whole answer was handed on. Never throws; nobody need wait. */
  async finish(report: AnswerReport): Promise<void> {
    await this.recorder?.finish(report);
  }
}
