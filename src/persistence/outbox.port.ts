/** A fact that others act on after the transaction that made it true. */
export interface OutboxEvent {
  /** UUIDv7 by `newId()`; the same id twice is one event. */
  id: string;
  /** Dotted, past tense: `generation.finished`. */
  kind: string;
  /** Null for what belongs to no space. */
  searchSpaceId: string | null;
  /** Plain data, small: ids rather than content. */
  payload: Readonly<Record<string, unknown>>;
}

/** Writes events with the transaction they report. Port for `scope.get(Outbox)`. */
export abstract class Outbox {
  abstract append(...events: readonly OutboxEvent[]): Promise<void>;
}

/** Tells the delivery of this process that events were committed. Port and injection token. */
export abstract class OutboxSignal {
  /** Cheap and never throws. `Outbox.append` does it after its commit; a batch function's caller does it itself. */
  abstract nudge(): void;
}
