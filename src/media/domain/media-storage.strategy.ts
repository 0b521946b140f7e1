/** Bytes being read; a store that reads from elsewhere may fail in the middle. */
export interface StoredBytes {
  stream: NodeJS.ReadableStream & AsyncIterable<Uint8Array>;
  /** Of the whole object, also when only a range is read. */
  sizeBytes: number;
}

/** Both ends included, as in HTTP. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Where pictures are kept. A picture comes in two steps, so that a crash between them leaves nothing unaccounted:
 * `stage` under a name that the attempt gives it, then, once its row is committed, `promote` to its final key.
 * Keys and names come from storage-key.ts alone; anything else throws InvariantError. MEDIA_STORE selects the
 * adapter; every adapter passes test/contract/media-storage.contract.ts. Port and injection token.
 */
export abstract class MediaStorage {
  /** Makes ready what the store needs. Called once, before anything else; may be repeated. */
  abstract prepare(): Promise<void>;

  /**
   * Takes the bytes in under an incoming name. Once it resolves they survive a loss of power.
   * Replaces what the name held. When the source throws, nothing stays and the same error comes out.
   */
  abstract stage(name: string, source: AsyncIterable<Uint8Array>): Promise<void>;

  /** Moves an incoming picture to its key, in one step. True = the bytes are at the key now, or were already. */
  abstract promote(name: string, key: string): Promise<boolean>;

  /** Reads an incoming picture; null = there is none. */
  abstract openIncoming(name: string): Promise<StoredBytes | null>;

  /** Drops an incoming picture, if there is one. */
  abstract discard(name: string): Promise<void>;

  /** Names of what came in before that moment and was neither promoted nor discarded, foreign names too. */
  abstract listIncoming(olderThan: Date): AsyncIterable<string>;

  /** Reads a stored picture, or a part of it; null = there is none. */
  abstract open(key: string, range?: ByteRange): Promise<StoredBytes | null>;

  /** Size of a stored picture; null = there is none. */
  abstract stat(key: string): Promise<{ sizeBytes: number } | null>;

  /** Ends a stored picture, if there is one. A reader that has it open may read on. */
  abstract delete(key: string): Promise<void>;

  /** Rejects when pictures cannot be taken in now. */
  abstract ping(): Promise<void>;
}
