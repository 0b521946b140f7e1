import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { AuditEntry } from '../audit/domain/audit-event.js';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { PromptMetrics, type PromptSurface } from './prompt-metrics.js';
import { PromptAudit } from './prompt-audit.js';
import { type PromptRisk, PromptScorer } from './domain/prompt-scorer.port.js';

const PERCENT = 100;

export interface PromptText {
  /** The caller's own name of it: `messages[2]`, `prompt`. */
  field: string;
  text: string;
}

export interface PromptCheck {
  searchSpaceId: string;
  /** For the record alone: nobody is trusted more than others. */
  caller: Caller;
  /** Every text that a vendor would get, whatever the role it is written under. */
  texts: readonly PromptText[];
  surface: PromptSurface;
}

interface Judged extends PromptText {
  risk: PromptRisk;
}

/** Refuses prompts that attack, and notes those that may. Asked before anything is priced or sent. */
@Injectable()
export class PromptSafety {
  private readonly logger = new Logger('PromptSafety');
  private readonly blockPercent: number;
  private readonly warnPercent: number;

  constructor(
    config: AppConfig,
    private readonly scorer: PromptScorer,
    private readonly audit: PromptAudit,
    private readonly metrics: PromptMetrics,
  ) {
    this.blockPercent = config.moderation.blockPercent ?? Infinity;
    this.warnPercent = config.moderation.warnPercent ?? Infinity;
  }

  /**
   * The most dangerous text decides, so that harmless ones beside it change nothing. A refusal is written to the audit
   * trail before it is thrown, a warning after the answer.
   * @throws DomainError `moderation.blocked`
   */
  async assert(check: PromptCheck): Promise<void> {
    if (this.blockPercent === Infinity && this.warnPercent === Infinity) return;
    const scored = this.scorer.score(check.texts.map(({ text }) => text));
    const risks = scored instanceof Promise ? await scored : scored;
    const worst = findWorst(check.texts, risks);
    const { percent } = worst?.risk ?? { percent: 0 };
    if (!worst || percent < Math.min(this.warnPercent, this.blockPercent)) {
      this.metrics.count(check.surface, 'passed', percent);
      return;
    }
    const isBlocked = percent >= this.blockPercent;
    this.metrics.count(check.surface, isBlocked ? 'blocked' : 'warned', percent);
    const digest = createHash('sha256').update(worst.text).digest('hex');
    this.log(check, worst, isBlocked);
    const recorded = this.audit.record(toEntry(check, worst, digest, isBlocked));
    if (!isBlocked) return;
    await recorded;
    throw this.toError(worst, digest);
  }

  private log({ surface }: PromptCheck, { risk, field }: Judged, isBlocked: boolean): void {
    const what = `${surface} ${field}: ${risk.percent} % (${risk.patterns.join(', ')})`;
    this.logger.warn(
      `a prompt was ${isBlocked ? 'blocked' : 'let through with a warning'}: ${what}`,
    );
  }

  private toError({ field, risk }: Judged, digest: string): DomainError {
    const message =
      `looks like an attack on the model (risk ${toScore(risk.percent)}, refused from ` +
      `${toScore(this.blockPercent)}). Rephrase it; if it is harmless, give your operator its content_sha256.`;
    return new DomainError('moderation.blocked', `${field} ${message}`, {
      fields: [{ field, message }],
      details: { risk_score: toScore(risk.percent), content_sha256: digest },
    });
  }
}

function findWorst(texts: readonly PromptText[], risks: readonly PromptRisk[]): Judged | null {
  let worst: Judged | null = null;
  for (const [index, text] of texts.entries()) {
    const risk = risks[index];
    if (risk && risk.percent > (worst?.risk.percent ?? -1)) worst = { ...text, risk };
  }
  return worst;
}

/** The text itself is nowhere kept: who has it finds its entry by the digest. */
function toEntry(
  { searchSpaceId, caller, surface }: PromptCheck,
  { field, risk }: Judged,
  digest: string,
  isBlocked: boolean,
): AuditEntry {
  return {
    action: isBlocked ? 'prompt.blocked' : 'prompt.warned',
    target: { type: 'prompt', id: digest },
    searchSpaceId,
    actorUserId: caller.userId,
    after: {
      content_sha256: digest,
      risk_score: toScore(risk.percent),
      patterns: risk.patterns,
      field,
      surface,
      caller_kind: caller.kind,
      caller_id: caller.id,
    },
  };
}

function toScore(percent: number): number {
  return percent / PERCENT;
}
