import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { AuditEntry } from '../audit/domain/audit-event.js';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { RequestContext } from '../http/request-context.js';
import { findCurrentRequest, runInRequest } from '../http/request-scope.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';

const WAITING_MAX = 2_000;
const BATCH_MAX = 100;

interface Waiting {
  entry: AuditEntry;
  request: RequestContext | null;
  done: () => void;
}

/**
 * Writes down what was refused or warned of, many in one transaction and beside the requests: what comes while one
 * batch is written is the next. A flood beyond the bound is counted in the log and not kept.
 */
@Injectable()
export class PromptAudit implements OnModuleDestroy {
  private readonly logger = new Logger('PromptAudit');
  private waiting: Waiting[] = [];
  private writing: Promise<void> | null = null;
  private droppedCount = 0;

  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Resolves when it is written, or was given up; never rejects. */
  record(entry: AuditEntry): Promise<void> {
    if (this.waiting.length >= WAITING_MAX) {
      this.droppedCount += 1;
      return Promise.resolve();
    }
    return new Promise((done) => {
      this.waiting.push({ entry, request: findCurrentRequest(), done });
      this.writing ??= this.drain();
    });
  }

  async onModuleDestroy(): Promise<void> {
    while (this.writing) await this.writing;
  }

  private async drain(): Promise<void> {
    // After the answer of the request that began it, where nobody waits for the entry.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) await this.write(this.waiting.splice(0, BATCH_MAX));
    this.writing = null;
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    try {
      const spaceIds = batch.flatMap(({ entry }) => entry.searchSpaceId ?? []);
      await this.unitOfWork.run(
        async (scope) => {
          const trail = scope.get(AuditTrail);
          for (const { entry, request } of batch) await recordAs(request, trail, entry);
        },
        { searchSpaceIds: [...new Set(spaceIds)] },
      );
    } catch (error) {
      this.logger.error(`${batch.length} entries were not written: ${(error as Error).message}`);
    }
    for (const { done } of batch) done();
    if (this.droppedCount === 0) return;
    this.logger.warn(`${this.droppedCount} entries were dropped: more came than can be written`);
    this.droppedCount = 0;
  }
}

/** The trail tells of the request that the entry came with, whoever's turn it is to write. */
function recordAs(
  request: RequestContext | null,
  trail: AuditTrail,
  entry: AuditEntry,
): Promise<void> {
  if (!request) return trail.record(entry);
  let recorded: Promise<void> = Promise.resolve();
  runInRequest(request, () => {
    recorded = trail.record(entry);
  });
  return recorded;
}
