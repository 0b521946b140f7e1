import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { countCharacters } from '../common/count-characters.js';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { PhaseTimer } from '../http/phase-timer.js';
import { ChatService } from '../inference/chat.service.js';
import type { RepeatClaim } from '../inference/repeats/repeat-claim.js';
import { CollectingSink } from './collecting-sink.js';
import { checkRewriting, type Rewriting } from './domain/check-rewriting.js';
import { toRewriteRequest, TRIES_MAX } from './domain/optimizer-rules.js';
import { OptimizerHealthService } from './optimizer-health.service.js';
import { OptimizerNotesService } from './optimizer-notes.service.js';

const ROUTE = 'POST /api/v1/prompts/optimize';
const MS_PER_S = 1_000;
/** A failure that another try does not lift. */
const HOPELESS = /^(?:billing|routing|auth|limits)\./;
/** What the caller must be told, whatever the prompt was wanted for. */
const PASSED_ON: readonly string[] = [
  'moderation.blocked',
  'idempotency.in_progress',
  'idempotency.key_reused',
];

/** A text that is to be shortened, and for whom: it is called and charged as theirs. */
export interface OptimizerTask {
  caller: Caller;
  searchSpaceId: string;
  prompt: string;
  /** Bounds the setting; null = nothing does. */
  timeoutS: number | null;
  /** By what the request is known when it comes again: its route and Idempotency-Key; null = by nothing. */
  repeat: { route: string; key: string } | null;
}

/** Why a prompt was not shortened. */
export interface OptimizerFailure {
  /** down: nobody could be asked, or answered; unfit: what was answered cannot be sent. */
  kind: 'down' | 'unfit';
  /** For the caller, without a full stop. */
  reason: string;
  /** What refused or ended the call; null = nothing did. */
  error: DomainError | null;
}

export interface Optimization {
  /** Null = it failed. */
  text: string | null;
  failure: OptimizerFailure | null;
  timeMs: number;
  /** As it is set. */
  model: string;
}

/** Has a chat model shorten prompts, and takes nothing from it that lost what matters. */
@Injectable()
export class PromptOptimizerService {
  private readonly logger = new Logger(PromptOptimizerService.name);

  constructor(
    private readonly config: AppConfig,
    private readonly chat: ChatService,
    private readonly health: OptimizerHealthService,
    private readonly notes: OptimizerNotesService,
  ) {}

  /** @throws DomainError `moderation.blocked`, `idempotency.in_progress`, `idempotency.key_reused`; all else is told */
  async optimize(task: OptimizerTask): Promise<Optimization> {
    const startedAtMs = performance.now();
    const model = this.config.prompts.optimizerModel;
    const toEnd = (text: string | null, failure: OptimizerFailure | null): Optimization => ({
      text,
      failure,
      timeMs: Math.round(performance.now() - startedAtMs),
      model,
    });
    const health = await this.health.check(task);
    if (!health.isUp) {
      assertMayGoOn(health.error);
      const reason = toReason(health.reason ?? 'it is not available');
      return toEnd(null, { kind: 'down', reason, error: health.error });
    }
    const signal = AbortSignal.timeout(this.toTimeoutMs(task));
    let last: { rewriting: Rewriting | null; failure: OptimizerFailure | null } | null = null;
    for (let tries = 1; tries <= TRIES_MAX && !signal.aborted; tries += 1) {
      last = await this.try(task, tries, signal);
      if (!last.failure || HOPELESS.test(last.failure.error?.code ?? '')) break;
    }
    const end = toEnd(last?.rewriting?.text ?? null, last?.failure ?? null);
    await this.note(task, end, last?.rewriting ?? null);
    return end;
  }

  private async try(
    task: OptimizerTask,
    tries: number,
    signal: AbortSignal,
  ): Promise<{ rewriting: Rewriting | null; failure: OptimizerFailure | null }> {
    try {
      const rewriting = await this.ask(task, tries, signal);
      const { fault } = rewriting;
      const failure =
        fault === null ? null : { kind: 'unfit' as const, reason: fault, error: null };
      return { rewriting, failure };
    } catch (thrown) {
      if (!(thrown instanceof DomainError)) throw thrown;
      assertMayGoOn(thrown);
      this.logger.warn({ message: 'a prompt was not shortened', code: thrown.code, tries });
      const reason = signal.aborted ? 'it did not answer in time' : toReason(thrown.message);
      return { rewriting: null, failure: { kind: 'down', reason, error: thrown } };
    }
  }

  private async ask(task: OptimizerTask, tries: number, signal: AbortSignal): Promise<Rewriting> {
    const { caller, searchSpaceId, prompt } = task;
    const model = this.config.prompts.optimizerModel;
    const request = toRewriteRequest(model, prompt);
    const claim = toClaim(task, tries);
    const asking = { caller, searchSpaceId, model, session: null, claim };
    const sink = new CollectingSink(signal);
    // Of its own: the times of the request are those of the pictures.
    const phases = new PhaseTimer();
    await this.chat.complete({ asking, headers: {}, request, phases }, sink);
    return checkRewriting(prompt, sink.read());
  }

  private toTimeoutMs({ timeoutS }: OptimizerTask): number {
    return Math.min(this.config.prompts.optimizerTimeoutS, timeoutS ?? Infinity) * MS_PER_S;
  }

  private async note(task: OptimizerTask, end: Optimization, last: Rewriting | null) {
    await this.notes.add({
      searchSpaceId: task.searchSpaceId,
      model: end.model,
      isSuccess: end.text !== null,
      originalLength: countCharacters(task.prompt),
      optimizedLength: end.text === null ? null : countCharacters(end.text),
      timeMs: end.timeMs,
      retentionPercent: last?.retentionPercent ?? null,
    });
  }
}

function assertMayGoOn(error: DomainError | null): void {
  if (error && PASSED_ON.includes(error.code)) throw error;
}

/** As part of a sentence. */
function toReason(message: string): string {
  return message.replace(/\.$/, '');
}

/** Each try is a call of its own, and the same one in every repeat of the request; with another prompt it is refused. */
function toClaim(task: OptimizerTask, tries: number): RepeatClaim | null {
  if (!task.repeat) return null;
  const { route, key } = task.repeat;
  const fingerprint = createHash('sha256').update(task.prompt).digest('hex');
  const parts = JSON.stringify([route, key, task.searchSpaceId, tries]);
  const name = createHash('sha256').update(parts).digest('hex');
  return { callerId: task.caller.id, route: ROUTE, key: name, fingerprint };
}
