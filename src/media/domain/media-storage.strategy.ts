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

/** What a caller may bring by itself: exactly so many bytes, of this type, until then. */
export interface UploadTerms {
  /** Exact, not an upper bound. */
  sizeBytes: number;
  /** As the caller's Content-Type has to say it; the store keeps it, and nobody believes it. */
  mediaType: string;
  /** How long the address works, from now: whole seconds, at most 604,800 (seven days). */
  expiresS: number;
}

/** Where and how to bring it: one PUT of the bytes alone, with exactly these headers. */
export interface UploadAddress {
  /** A credential until it expires; never to be logged. */
  url: string;
  /** In lower case. Content-Length is among them: browsers and clients set it by themselves. */
  headers: Readonly<Record<string, string>>;
}

/** What a store has at a key, or at a name that is none. */
export interface StoredObject {
  key: string;
  sizeBytes: number;
  changedAt: Date;
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

  /**
   * An address under which a caller brings an incoming picture to the store, past this process. Null = this store
   * has none; take the bytes in with `stage`.
   * Size and type are part of its signature, but a store may not enforce them (S3 does), and the address works again
   * until it expires, also after the bytes were looked at. So: read what came with `openIncoming`, `stage` it through
   * an intake under another name, `discard` this one, and never `promote` it. What is not fetched is swept after a day.
   */
  abstract presignUpload(name: string, terms: UploadTerms): Promise<UploadAddress | null>;

  /**
   * Takes in what a client brings to this process because `presignUpload` gave no address: as `stage`, but only where
   * there is nothing of that name, complete or on its way. False = there is; nothing was read.
   */
  receive(_name: string, _source: AsyncIterable<Uint8Array>): Promise<boolean> {
    return Promise.reject(new Error('this store gives addresses of its own'));
  }

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

  /**
   * What is stored after that key, in the order of the keys' bytes, at most so many; incoming pictures are not among
   * it, foreign names are. An empty list = there is nothing after it.
   */
  list(_after: string | null, _limit: number): Promise<StoredObject[]> {
    return Promise.reject(new Error('this store cannot list its pictures'));
  }

  /** Rejects when pictures cannot be taken in now. */
  abstract ping(): Promise<void>;
}
