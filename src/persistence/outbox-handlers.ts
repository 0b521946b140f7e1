import { Injectable } from '@nestjs/common';
import { assert } from '../common/assert.js';
import type { OutboxEvent } from './outbox.port.js';

export interface DeliveredEvent extends OutboxEvent {
  createdAt: Date;
  /** 1 the first time. */
  attempt: number;
}

/**
 * Acts on one event. Delivery is at least once and in no order: the same event may come again after a crash, a
 * time-out or a lost answer, so handle it by its id. A throw brings it back later. The signal aborts when the
 * delivery's time is up.
 */
export type OutboxHandler = (event: DeliveredEvent, signal: AbortSignal) => Promise<void>;

/** Who acts on which kind of event. Rooms register in `onModuleInit`. A kind that nobody acts on is dropped. */
@Injectable()
export class OutboxHandlers {
  private readonly handlers = new Map<string, Map<string, OutboxHandler>>();

  /** @param name stable across versions: the row remembers by it who is done with the event. */
  on(kind: string, name: string, handler: OutboxHandler): void {
    const named = this.handlers.get(kind) ?? new Map<string, OutboxHandler>();
    assert(!named.has(name), `outbox handler ${name} is registered twice for ${kind}`);
    named.set(name, handler);
    this.handlers.set(kind, named);
  }

  list(kind: string): [name: string, handler: OutboxHandler][] {
    return [...(this.handlers.get(kind) ?? [])];
  }
}
