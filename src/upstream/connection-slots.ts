import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import type { SlotLease } from './caller-slots.port.js';
import { SlotLines, type SlotRule } from './slot-lines.js';
import type { UpstreamCallOptions, UpstreamTarget } from './upstream-calls.port.js';

const MS_PER_S = 1_000;
const RETRY_AFTER_S = 2;
const PREFIX = 'connection:';

/** Of one process. */
export interface ConnectionLoad {
  running: number;
  waiting: number;
}

/** How many calls one connection has at once. One without a bound is only counted, in this process, and asks nobody. */
@Injectable()
export class ConnectionSlots {
  private readonly running = new Map<string, number>();

  constructor(
    private readonly config: AppConfig,
    private readonly lines: SlotLines,
  ) {}

  /** @throws DomainError `upstream.busy` */
  async acquire(
    { connection, isSticky }: UpstreamTarget,
    { signal, hasAlternative }: UpstreamCallOptions,
  ): Promise<SlotLease> {
    const { id, slotsMax } = connection;
    signal.throwIfAborted();
    if (slotsMax === null) return this.toLease(id, null);
    const { connectionWait, stickyWait } = this.config.upstream;
    const { waitersMax, waitS } = isSticky ? stickyWait : connectionWait;
    const rule: SlotRule = {
      slotsMax,
      waitersMax: hasAlternative && !isSticky ? 0 : waitersMax,
      waitMs: waitS * MS_PER_S,
    };
    const place = await this.lines.acquire(`${PREFIX}${id}`, rule, signal);
    if (place === 'full' || place === 'late') throw toBusy(id, slotsMax);
    return this.toLease(id, place);
  }

  /** Of this process. */
  count(connectionId: string): ConnectionLoad {
    return {
      running: this.running.get(connectionId) ?? 0,
      waiting: this.lines.count(`${PREFIX}${connectionId}`).waiting,
    };
  }

  /** Of this process: the connections with a call, or one that waits. */
  listLoads(): Map<string, ConnectionLoad> {
    const ids = new Set(this.running.keys());
    for (const { key } of this.lines.listCounts()) {
      if (key.startsWith(PREFIX)) ids.add(key.slice(PREFIX.length));
    }
    return new Map([...ids].map((id) => [id, this.count(id)]));
  }

  private toLease(id: string, place: SlotLease | null): SlotLease {
    this.running.set(id, (this.running.get(id) ?? 0) + 1);
    let isHeld = true;
    return {
      release: async () => {
        if (!isHeld) return;
        isHeld = false;
        const left = (this.running.get(id) ?? 1) - 1;
        if (left === 0) this.running.delete(id);
        else this.running.set(id, left);
        await place?.release();
      },
    };
  }
}

function toBusy(connection: string, slotsMax: number): DomainError {
  return new DomainError(
    'upstream.busy',
    'All calls that this connection may make at once are under way. Try again shortly, or choose another model.',
    { retryAfterS: RETRY_AFTER_S, details: { connection, limit: slotsMax } },
  );
}
