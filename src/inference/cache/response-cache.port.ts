/** `json`: one whole document. `events`: OpenAI's event stream, `data: [DONE]` at its end. */
export type AnswerForm = 'json' | 'events';

/** The call that an answer comes from. */
export interface AnswerOrigin {
  /** Public name. */
  model: string;
  provider: string;
  /** Of the usage row. */
  callId: string;
}

/** A complete answer as it was given. */
export interface CachedAnswer {
  form: AnswerForm;
  /** UTF-8, never changed once it is kept. */
  bytes: Buffer;
  /** Of `events`: whether the usage stands in them, as with `stream_options.include_usage`. */
  showsUsage: boolean;
  /** JSON of the usage in OpenAI's form, wherever it came from; null = the vendor did not tell. */
  usage: string | null;
  /** When the vendor gave it, in ms since 1970. */
  keptAtMs: number;
  /** Who gave it, where whoever keeps it cannot tell. */
  made?: AnswerOrigin;
}

/**
 * Whole answers by key. A comfort: a store that is away has nothing, and keeps nothing; no method throws. What is kept
 * ends by itself, and earlier where room is needed. `REDIS_URL` makes all processes share it. Port and injection token.
 */
export abstract class ResponseCache {
  /** Null = never kept, over, or out of reach. */
  abstract find(key: string): Promise<CachedAnswer | null>;

  /** Takes the place of what the key had. @param ttlS 1 or more */
  abstract keep(key: string, answer: CachedAnswer, ttlS: number): Promise<void>;

  /** Bytes that this process holds; 0 where another one holds them. */
  abstract heldBytes(): number;
}
