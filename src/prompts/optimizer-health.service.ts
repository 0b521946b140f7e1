import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import type { TextAsking } from '../inference/call-draft.js';
import { PrepareChatService } from '../inference/prepare-chat.service.js';
import { ConnectionProber } from '../providers/probe/connection-prober.js';
import type { ProbeResult } from '../providers/probe/map-probe-failure.js';
import type { ChatModel } from '../providers/spec/chat-model.js';
import type { Candidate } from '../routing/route-plan.js';
import { toRewriteRequest } from './domain/optimizer-rules.js';

export const PROBE_TIMEOUT_MS = 5_000;
/** So long an answer of a vendor is believed: whoever asks for the health does not reach the vendor each time. */
const PROBE_KEPT_MS = 5_000;
/** That it does not work is believed for less: it may be mended. */
const FAILURE_KEPT_MS = 1_000;
const PROBES_KEPT_MAX = 1_000;

export interface OptimizerHealth {
  isUp: boolean;
  /** As it is set. */
  model: string;
  /** What would run; null = nothing could. */
  servedModel: string | null;
  provider: string | null;
  /** Why it is down, for the caller; null = it is up. */
  reason: string | null;
  /** What refused it; null = it is up, or its vendor does not answer. */
  error: DomainError | null;
  checkedAt: Date;
}

interface KeptProbe {
  untilMs: number;
  result: Promise<ProbeResult>;
}

/** Whether prompts can be shortened in a space: a model that may be called, has a price, and whose vendor answers. */
@Injectable()
export class OptimizerHealthService {
  /** By connection, in the order of asking. */
  private readonly probes = new Map<string, KeptProbe>();

  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly preparation: PrepareChatService,
    private readonly prober: ConnectionProber,
  ) {}

  /** Costs nothing. Never throws for what is wrong with the optimizer. */
  async check(asking: Pick<TextAsking, 'caller' | 'searchSpaceId'>): Promise<OptimizerHealth> {
    const model = this.config.prompts.optimizerModel;
    const down = { isUp: false, model, checkedAt: this.clock.now() };
    let served: Candidate<ChatModel>;
    try {
      const question = { ...asking, model, session: null };
      const { draft } = await this.preparation.prepare(question, toRewriteRequest(model, 'probe'));
      served = draft.candidates[0]!.candidate;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return { ...down, servedModel: null, provider: null, reason: error.message, error };
    }
    const { status, reason } = await this.probe(served);
    const facts = { model, servedModel: served.model.id, provider: served.model.provider };
    if (status === 'ok') return { ...down, ...facts, isUp: true, reason: null, error: null };
    return { ...down, ...facts, reason: reason ?? status, error: null };
  }

  /** One question at a time for a connection, and none while the last answer is fresh. */
  private probe({ connection, model }: Candidate<ChatModel>): Promise<ProbeResult> {
    const nowMs = performance.now();
    const kept = this.probes.get(connection.id);
    if (kept && nowMs < kept.untilMs) return kept.result;
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const result = this.prober.verify(model.provider, connection.credential, signal);
    const probe: KeptProbe = { untilMs: nowMs + PROBE_KEPT_MS, result };
    void result.then(({ status }) => {
      if (status !== 'ok') probe.untilMs = performance.now() + FAILURE_KEPT_MS;
    });
    this.probes.delete(connection.id);
    this.probes.set(connection.id, probe);
    if (this.probes.size > PROBES_KEPT_MAX) {
      const [oldest] = this.probes.keys();
      if (oldest !== undefined) this.probes.delete(oldest);
    }
    return result;
  }
}
