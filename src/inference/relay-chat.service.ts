import { Injectable } from '@nestjs/common';
import type { BudgetWarning } from '../billing/domain/settlement.js';
import { DomainError } from '../common/domain-error.js';
import type { PhaseTimer } from '../http/phase-timer.js';
import { untilAborted } from '../providers/shared/map-abort.js';
import type { ChatReply, TokenUsage } from '../providers/spec/chat-call.js';
import type { ChatModel } from '../providers/spec/chat-model.js';
import type { SlotLease } from '../upstream/caller-slots.port.js';
import type { CallProgress } from '../upstream/upstream-calls.port.js';
import type { AnswerSink } from './answer-sink.js';
import { CallDeadlines } from './call-deadlines.js';
import type { CallDraft, PricedCandidate } from './call-draft.js';
import type { ChatReading } from './domain/read-chat-request.js';
import { RelayMeter } from './domain/relay-meter.js';
import { type CallEnd, RunCallService } from './run-call.service.js';
import { TextBooksService } from './text-books.service.js';
import { toWarningHeaders } from './to-warning-headers.js';

export interface ChatCallParts {
  draft: CallDraft<ChatModel>;
  reading: Pick<ChatReading, 'outputTokens' | 'answers' | 'texts'>;
  phases: PhaseTimer;
  submit: SubmitChat;
}

/** Sends the call to the vendor of a candidate. */
export type SubmitChat = (
  served: PricedCandidate<ChatModel>,
  signal: AbortSignal,
) => Promise<ChatReply>;

/** A call whose money is set aside. */
interface OpenCall extends ChatCallParts {
  sink: AnswerSink;
  slot: SlotLease | null;
  warnings: readonly BudgetWarning[];
  meter: RelayMeter;
  /** The answer that began last; null = none has. */
  reply: ChatReply | null;
  /** Whether a part of it was handed on. */
  hasBegun: boolean;
}

/** Sets the money of a chat call aside, relays its answer while it comes, and posts what it cost. */
@Injectable()
export class RelayChatService {
  constructor(
    private readonly books: TextBooksService,
    private readonly runner: RunCallService,
    private readonly deadlines: CallDeadlines,
  ) {}

  /**
   * @returns what the vendor counted; null = it did not tell
   * @throws DomainError what refused it, or ended it after a part of the answer had gone to the sink
   */
  run(parts: ChatCallParts, sink: AnswerSink): Promise<TokenUsage | null> {
    const { draft, phases } = parts;
    return this.runner.runOpened(
      draft,
      phases,
      () => this.books.open(draft),
      (warnings, slot) => {
        const meter = new RelayMeter();
        return this.runAdmitted({
          ...parts,
          sink,
          slot,
          warnings,
          meter,
          reply: null,
          hasBegun: false,
        });
      },
    );
  }

  private async runAdmitted(call: OpenCall): Promise<TokenUsage | null> {
    const { phases, sink } = call;
    sink.admitted();
    const { error } = await this.deadlines.run(sink.signal, async (abort) => {
      const end = await this.ask(call, abort);
      await phases.measure('post', () => this.close(call, end));
      return end;
    });
    if (error) throw error;
    return call.reply?.report().usage ?? null;
  }

  private ask(call: OpenCall, { signal }: AbortController): Promise<CallEnd<ChatModel, void>> {
    const { phases, slot } = call;
    const options = { signal, phases, slot, hasBegun: () => call.hasBegun };
    return this.runner.run(call.draft, options, (served, bounded, progress) =>
      this.relay(call, served, bounded, progress),
    );
  }

  private async relay(
    call: OpenCall,
    served: PricedCandidate<ChatModel>,
    signal: AbortSignal,
    progress: CallProgress,
  ): Promise<void> {
    const { draft, reading, sink, meter } = call;
    const { model } = served.candidate;
    const reply = await call.submit(served, signal);
    progress.answerBegan();
    call.reply = reply;
    call.hasBegun = true;
    sink.begin({
      form: reply.form,
      model: model.id,
      provider: model.provider,
      callId: draft.id,
      warnings: call.warnings,
      headers: toWarningHeaders(reply.report().warnings),
    });
    const watch = this.books.watch(draft, served, meter, toTokensMax(served, reading));
    for await (const bytes of reply.body) {
      meter.push(bytes);
      const isFull = sink.write(bytes);
      if (isFull) await untilRead(isFull, signal);
      const wait = watch.look();
      if (wait) await wait;
    }
  }

  private close(call: OpenCall, { served, error }: CallEnd<ChatModel, void>): Promise<unknown> {
    const { draft, reading, meter, reply } = call;
    return this.books.close(draft, {
      served,
      usage: reply?.report().usage ?? null,
      error,
      outputTokensMax: toTokensMax(served, reading),
      uncounted: { texts: reading.texts.map(({ text }) => text), otherInputTokens: 0, meter },
    });
  }
}

/** Whoever stops reading does not hold the call open: it ends with its signal, and that is no fault of the vendor. */
async function untilRead(drained: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await untilAborted(drained, signal);
  } catch (error) {
    throw new DomainError('generations.canceled', 'The answer was not read to its end in time.', {
      cause: error,
    });
  }
}

/** What an answer can have at most, whatever was set aside for it. */
function toTokensMax(
  { candidate }: PricedCandidate<ChatModel>,
  reading: ChatCallParts['reading'],
): number {
  const { outputTokensMax } = candidate.model.capabilities;
  return Math.min(reading.outputTokens ?? outputTokensMax, outputTokensMax) * reading.answers;
}
