import type { JsonValue } from '../../common/json-value.js';
import type { ProviderCredential } from './image-call.js';
import type { ProviderWarning } from './image-result.js';

/**
 * One chat call, in OpenAI's words: whatever the vendor, `request` is a body of `POST /v1/chat/completions` as OpenAI
 * documents it, and the answer is in the form that OpenAI gives.
 */
export interface ChatCall {
  /** Id of the attempt, for the vendor's idempotency where it has one. */
  attemptId: string;
  /** Name in the catalogue. */
  model: string;
  /** What the vendor calls it where that differs; null = `model`. */
  vendorModel: string | null;
  /** Already checked against OpenAI's description; its own `model` and `stream` are not looked at. */
  request: Readonly<Record<string, JsonValue>>;
  /** Whether the answer is an event stream. */
  stream: boolean;
  credential: ProviderCredential;
  /** Ends the call. A reason named `TimeoutError` means the deadline passed; any other, that it was canceled. */
  signal: AbortSignal;
}

/** An answer that has begun. What comes of its body is known once that was read to the end. */
export interface ChatReply {
  /** `json`: one `chat.completion`. `events`: `data: {chat.completion.chunk}` and at the end `data: [DONE]`, UTF-8. */
  form: 'json' | 'events';
  /**
   * In OpenAI's form. Bytes of vendors that speak it are handed on as they come, never parsed whole. To be read once, to
   * its end or until `signal` aborts; throws ProviderError when the vendor breaks off or reports a fault in mid-stream.
   */
  body: AsyncIterable<Uint8Array>;
  /** What is known so far; after the body's end, all that will be known. */
  report(): ChatReport;
}

export interface ChatReport {
  /** Null = the vendor did not say (yet). */
  usage: TokenUsage | null;
  /** The model that really answered, in the vendor's words; null = not told. */
  servedModel: string | null;
  /** Of the first choice, in OpenAI's words: stop, length, tool_calls, content_filter; null = not told. */
  finishReason: string | null;
  vendorRequestId: string | null;
  warnings: readonly ProviderWarning[];
}

/** What the vendor counted: whole numbers of 0 or more; null = it did not say. */
export interface TokenUsage {
  inputTokens: number;
  /** Of the input, what the vendor had read before. */
  cachedInputTokens: number | null;
  /** Of the input, what the vendor wrote to its cache at a price of its own. */
  cacheWriteTokens: number | null;
  /** Reasoning included. */
  outputTokens: number;
  reasoningTokens: number | null;
}

/** One embedding call, in OpenAI's words as well. */
export interface EmbeddingCall {
  attemptId: string;
  model: string;
  vendorModel: string | null;
  /** One or more; the model's own bounds were checked before. Token lists go only to vendors that take them. */
  inputs: readonly string[] | readonly (readonly number[])[];
  /** Null = the model's own. */
  dimensions: number | null;
  /** The caller's name for its user, where the vendor takes one. */
  user: string | null;
  credential: ProviderCredential;
  signal: AbortSignal;
}

export interface EmbeddingResult {
  /** One per input, in its order; finite numbers, all of one length. */
  vectors: readonly Float32Array[];
  usage: TokenUsage | null;
  servedModel: string | null;
  vendorRequestId: string | null;
  warnings: readonly ProviderWarning[];
}
