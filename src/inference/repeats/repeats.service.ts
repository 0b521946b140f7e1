import { Injectable } from '@nestjs/common';
import type { AnswerSink } from '../answer-sink.js';
import type { CallDraft } from '../call-draft.js';
import type { AnswerReport } from '../cache/answer-recorder.js';
import { RecordingSink } from '../cache/recording-sink.js';
import { CallClaims } from './call-claims.port.js';
import { KeptReplies } from './kept-replies.js';
import { answerGone, RepeatedCallError } from './repeat-claim.js';

/** So long after a call was paid its answer may still be on its way to where it is kept. */
const KEEPING_MS = 2_000;
/** A key that was given up may be taken by another repeat before this one. */
const TRIES_MAX = 3;

export interface RepeatableCall {
  draft: CallDraft;
  isStream: boolean;
}

/** Makes the call, and hands its answer to the sink. */
export type MakeCall = (sink: AnswerSink) => Promise<AnswerReport>;

/** Calls that say by an Idempotency-Key that they are one. */
@Injectable()
export class RepeatsService {
  constructor(
    private readonly claims: CallClaims,
    private readonly replies: KeptReplies,
  ) {}

  /**
   * Makes the call, or gives the answer that it had before.
   * @throws DomainError `idempotency.in_progress`, `idempotency.key_reused`, `idempotency.answer_gone`, or of the call
   */
  async run(call: RepeatableCall, sink: AnswerSink, make: MakeCall): Promise<AnswerReport | null> {
    if (!call.draft.asking.claim) return make(sink);
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.make(call, sink, make);
      } catch (error) {
        if (!(error instanceof RepeatedCallError) || tries === TRIES_MAX) throw error;
        if (await this.answer(error, sink)) return null;
      }
    }
  }

  private async make(
    { draft, isStream }: RepeatableCall,
    sink: AnswerSink,
    make: MakeCall,
  ): Promise<AnswerReport> {
    // Who waits for a whole answer and is gone will ask again; whoever leaves a stream has seen enough of it.
    const signal = isStream ? sink.signal : new AbortController().signal;
    const recording = new RecordingSink(sink, signal, {}, (start) =>
      this.replies.record(draft.holdId, start),
    );
    const report = await make(recording);
    await recording.finish(report);
    return report;
  }

  /** False = the earlier call cost nothing: its key is free again. */
  private async answer(repeated: RepeatedCallError, sink: AnswerSink): Promise<boolean> {
    const { holdId } = repeated;
    const { state, concludedAgoMs } = await this.claims.find(holdId);
    if (state === 'running') throw repeated;
    if (state === 'free') {
      await this.claims.release(holdId);
      return false;
    }
    const kept = await this.replies.find(holdId);
    if (!kept?.made) throw concludedAgoMs < KEEPING_MS ? repeated : answerGone();
    const headers = { 'idempotency-replayed': 'true' };
    sink.begin({ ...kept.made, form: kept.form, warnings: [], headers });
    await sink.write(kept.bytes);
    return true;
  }
}
