import { Injectable } from '@nestjs/common';
import { assertModelAllowed } from '../common/assert-model-allowed.js';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import { AppConfig } from '../config/app-config.js';
import type { Connection } from '../connections/connection.js';
import type { ModerationVerdict } from '../providers/spec/moderation-call.js';
import { PromptScorer } from './domain/prompt-scorer.port.js';
import { type CheckedInput, readModerationInput } from './domain/read-moderation-input.js';
import {
  ModerationConnections,
  OMNI_MODERATION,
  servesModeration,
} from './moderation-connections.js';
import { ModerationUsage } from './moderation-usage.js';
import { toEmbeddedVerdicts } from './to-embedded-verdicts.js';
import { VendorModeration } from './vendor-moderation.js';

export const EMBEDDED_MODERATION = 'embedded-moderation';
const VENDOR_MODELS: readonly string[] = [
  OMNI_MODERATION,
  'omni-moderation-2024-09-26',
  'text-moderation-latest',
  'text-moderation-stable',
];
/** From which risk the embedded model flags where operators refuse nothing. */
const FLAG_PERCENT = 80;

export interface ModerationQuestion {
  caller: Caller;
  searchSpaceId: string;
  /** As the caller wrote it; null = the best that there is. */
  model: string | null;
  input: unknown;
  /** Fires when nobody waits for the answer any more. */
  signal: AbortSignal;
}

export interface ModerationAnswer {
  /** Also of the usage row. */
  id: string;
  /** What judged. */
  model: string;
  provider: string;
  verdicts: readonly ModerationVerdict[];
}

interface Choice {
  model: string;
  /** None = judged in this process. */
  connections: readonly Connection[];
}

interface Judged {
  verdicts: readonly ModerationVerdict[];
  connection: Connection | null;
}

/** Judges texts and pictures for whoever asks. */
@Injectable()
export class ModerationsService {
  constructor(
    private readonly config: AppConfig,
    private readonly connections: ModerationConnections,
    private readonly vendors: VendorModeration,
    private readonly scorer: PromptScorer,
    private readonly usage: ModerationUsage,
  ) {}

  /**
   * @throws DomainError `request.invalid`, `auth.model_not_allowed`, `routing.model_unknown`, `routing.no_connection`;
   *   what a vendor refused or failed with, once none is left to ask
   */
  async moderate(question: ModerationQuestion): Promise<ModerationAnswer> {
    const startedAtMs = performance.now();
    const input = readModerationInput(question.input);
    const choice = await this.choose(question);
    assertModelAllowed(question.caller, choice.model);
    const id = newId();
    let judged: Judged | null = null;
    try {
      judged = await this.judge(id, question, choice, input);
      const { verdicts, connection } = judged;
      return { id, model: choice.model, provider: connection?.provider ?? 'embedded', verdicts };
    } finally {
      await this.usage.note({
        id,
        searchSpaceId: question.searchSpaceId,
        caller: question.caller,
        requestedModel: question.model,
        model: choice.model,
        connection: judged ? judged.connection : (choice.connections[0] ?? null),
        outcome: judged ? 'succeeded' : 'failed',
        latencyMs: performance.now() - startedAtMs,
      });
    }
  }

  private async choose({ model, searchSpaceId }: ModerationQuestion): Promise<Choice> {
    if (model === EMBEDDED_MODERATION) return { model, connections: [] };
    if (model !== null && !VENDOR_MODELS.includes(model)) throw toUnknown(model);
    const connections = await this.connections.list(searchSpaceId);
    if (model !== null) {
      if (connections.length === 0) throw toNoConnection(model);
      return { model, connections };
    }
    const sure = connections.filter(servesModeration);
    if (sure.length > 0) return { model: OMNI_MODERATION, connections: sure };
    return { model: EMBEDDED_MODERATION, connections: [] };
  }

  private async judge(
    id: string,
    { caller, signal }: ModerationQuestion,
    { model, connections }: Choice,
    input: CheckedInput,
  ): Promise<Judged> {
    if (connections.length > 0) {
      return this.vendors.judge({ id, caller, model, connections, input, signal });
    }
    const risks = await this.scorer.score(input.texts);
    const flagPercent = this.config.moderation.blockPercent ?? FLAG_PERCENT;
    return { verdicts: toEmbeddedVerdicts(input, risks, flagPercent), connection: null };
  }
}

function toUnknown(model: string): DomainError {
  const known = [...VENDOR_MODELS, EMBEDDED_MODERATION].join(', ');
  return new DomainError(
    'routing.model_unknown',
    `The moderation model ${JSON.stringify(model.slice(0, 100))} is not known here. Ask for one of: ${known}.`,
    { fields: [{ field: 'model', message: 'is not known' }] },
  );
}

function toNoConnection(model: string): DomainError {
  return new DomainError(
    'routing.no_connection',
    `No connection of the provider openai can serve ${model}: an operator must add one, or ask for ${EMBEDDED_MODERATION}.`,
  );
}
