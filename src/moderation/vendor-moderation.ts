import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { joinSignals } from '../common/join-signals.js';
import { AppConfig } from '../config/app-config.js';
import type { Connection } from '../connections/connection.js';
import { ProviderFactory } from '../providers/provider.factory.js';
import type { ModerationVerdict } from '../providers/spec/moderation-call.js';
import { ProviderError } from '../providers/spec/provider.errors.js';
import { CallerSlots } from '../upstream/caller-slots.port.js';
import { ErrorRules } from '../upstream/error-rules.js';
import { mayFailOver } from '../upstream/may-fail-over.js';
import { UpstreamCalls } from '../upstream/upstream-calls.port.js';
import type { CheckedInput } from './domain/read-moderation-input.js';

const MS_PER_S = 1_000;
const CONNECTIONS_ASKED_MAX = 4;

export interface VendorQuestion {
  id: string;
  caller: Caller;
  model: string;
  /** One or more, in the order in which they are asked. */
  connections: readonly Connection[];
  input: CheckedInput;
  signal: AbortSignal;
}

export interface VendorVerdicts {
  verdicts: readonly ModerationVerdict[];
  connection: Connection;
}

/** Asks one connection after the other, under one of the caller's slots and a deadline. */
@Injectable()
export class VendorModeration {
  private readonly deadlineMs: number;

  constructor(
    config: AppConfig,
    private readonly slots: CallerSlots,
    private readonly upstream: UpstreamCalls,
    private readonly factory: ProviderFactory,
    private readonly rules: ErrorRules,
  ) {
    this.deadlineMs = config.inference.deadlineS * MS_PER_S;
  }

  /** @throws DomainError `limits.slots`; the last connection's failure */
  async judge(question: VendorQuestion): Promise<VendorVerdicts> {
    return joinSignals([question.signal, AbortSignal.timeout(this.deadlineMs)], async (signal) => {
      const slot = await this.slots.acquire(question.caller.id, signal);
      try {
        return await this.askAll(question, signal);
      } finally {
        void slot.release();
      }
    });
  }

  private async askAll(question: VendorQuestion, signal: AbortSignal): Promise<VendorVerdicts> {
    const connections = question.connections.slice(0, CONNECTIONS_ASKED_MAX);
    for (let index = 0; ; index += 1) {
      const connection = connections[index]!;
      const hasAlternative = index + 1 < connections.length;
      try {
        return await this.ask(question, connection, { signal, hasAlternative });
      } catch (error) {
        const mayGoOn = error instanceof DomainError && mayFailOver(error, {});
        if (hasAlternative && mayGoOn && !signal.aborted) continue;
        throw error instanceof ProviderError ? await this.rules.apply(error) : error;
      }
    }
  }

  private async ask(
    { id, model, input }: VendorQuestion,
    connection: Connection,
    options: { signal: AbortSignal; hasAlternative: boolean },
  ): Promise<VendorVerdicts> {
    const strategy = this.factory.getModerationProvider(connection.provider);
    const { verdicts } = await this.upstream.run(
      { connection, model, isSticky: false },
      options,
      (signal) =>
        strategy.submit({
          attemptId: id,
          model,
          vendorModel: connection.models.get(model)?.vendorModel ?? null,
          input: input.input,
          verdictCount: input.verdictCount,
          credential: connection.credential,
          signal,
        }),
    );
    return { verdicts, connection };
  }
}
