import { Injectable } from '@nestjs/common';
import type { BudgetWarning } from '../../billing/domain/settlement.js';
import type { AnswerSink } from '../answer-sink.js';
import type { CallDraft } from '../call-draft.js';
import type { AnswerReport } from '../cache/answer-recorder.js';
import { RecordingSink } from '../cache/recording-sink.js';
import type { AnswerOrigin, CachedAnswer } from '../cache/response-cache.port.js';
import { decodeVectors, encodeVectors, type KeptVectors } from '../cache/vector-coding.js';
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

/** Vectors on their way to the caller, and what made them. */
export interface GivenVectors extends KeptVectors, AnswerOrigin {
  warnings: readonly BudgetWarning[];
  headers?: Readonly<Record<string, string>>;
}

export interface RepeatedVectors {
  answer: GivenVectors;
  /** Whether they were given before, and nobody was called. */
  isReplay: boolean;
}

/** Makes the call. The signal fires when its answer is of no use any more. */
export type MakeVectors = (signal: AbortSignal) => Promise<GivenVectors>;

/** How a call goes, whatever it is for. */
interface Repeatable<T> {
  make: () => Promise<T>;
  /** Gives what was kept. Null = it cannot be read. */
  replay: (kept: MadeAnswer) => Promise<T | null> | T | null;
}

type MadeAnswer = CachedAnswer & { made: AnswerOrigin };

const REPLAYED = { 'idempotency-replayed': 'true' };

/** Calls that say by an Idempotency-Key that they are one. */
@Injectable()
export class RepeatsService {
  constructor(
    private readonly claims: CallClaims,
    private readonly replies: KeptReplies,
  ) {}

  /**
   * Makes the call, or gives the answer that it had before: then there is no report.
   * @throws DomainError `idempotency.in_progress`, `idempotency.key_reused`, `idempotency.answer_gone`, or of the call
   */
  async run(call: RepeatableCall, sink: AnswerSink, make: MakeCall): Promise<AnswerReport | null> {
    if (!call.draft.asking.claim) return make(sink);
    const { report } = await this.once<{ report: AnswerReport | null }>({
      make: async () => ({ report: await this.make(call, sink, make) }),
      replay: async (kept) => {
        await give(kept, sink);
        return { report: null };
      },
    });
    return report;
  }

  /** As `run`, for vectors. @param signal fires when nobody waits for the answer any more */
  async runVectors(
    draft: CallDraft,
    signal: AbortSignal,
    make: MakeVectors,
  ): Promise<RepeatedVectors> {
    if (!draft.asking.claim) return { answer: await make(signal), isReplay: false };
    return this.once<RepeatedVectors>({
      make: async () => ({ answer: await this.makeVectors(draft, make), isReplay: false }),
      replay: ({ bytes, made }) => {
        const vectors = decodeVectors(bytes);
        if (!vectors) return null;
        const answer = { ...vectors, ...made, warnings: [], headers: REPLAYED };
        return { answer, isReplay: true };
      },
    });
  }

  private async once<T>({ make, replay }: Repeatable<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await make();
      } catch (error) {
        if (!(error instanceof RepeatedCallError) || tries === TRIES_MAX) throw error;
        const answer = await this.answer(error, replay);
        if (answer !== null) return answer;
      }
    }
  }

  private async make(
    { draft, isStream }: RepeatableCall,
    sink: AnswerSink,
    make: MakeCall,
  ): Promise<AnswerReport> {
    // Who waits for a whole answer and is gone will ask again; whoever leaves a stream has seen enough of it.
    const signal = isStream ? sink.signal : toEndless();
    const recording = new RecordingSink(sink, signal, {}, (start) =>
      this.replies.record(draft.holdId, start),
    );
    const report = await make(recording);
    await recording.finish(report);
    return report;
  }

  private async makeVectors({ holdId }: CallDraft, make: MakeVectors): Promise<GivenVectors> {
    const answer = await make(toEndless());
    const recorder = this.replies.record(holdId, { form: 'json', ...answer });
    recorder.push(encodeVectors(answer));
    await recorder.finish({ usage: null });
    return answer;
  }

  /** Null = the earlier call cost nothing: its key is free again. */
  private async answer<T>(
    repeated: RepeatedCallError,
    replay: Repeatable<T>['replay'],
  ): Promise<T | null> {
    const { holdId } = repeated;
    const { state, concludedAgoMs } = await this.claims.find(holdId);
    if (state === 'running') throw repeated;
    if (state === 'free') {
      await this.claims.release(holdId);
      return null;
    }
    const kept = await this.replies.find(holdId);
    const answer = kept && isMade(kept) ? await replay(kept) : null;
    if (answer !== null) return answer;
    throw concludedAgoMs < KEEPING_MS ? repeated : answerGone();
  }
}

async function give({ form, bytes, made }: MadeAnswer, sink: AnswerSink): Promise<void> {
  sink.begin({ ...made, form, warnings: [], headers: REPLAYED });
  await sink.write(bytes);
}

function isMade(answer: CachedAnswer): answer is MadeAnswer {
  return answer.made !== undefined;
}

/** Who is gone will ask again. */
function toEndless(): AbortSignal {
  return new AbortController().signal;
}
