import type { ModelStatus } from './image-model.js';

/** What a chat model takes. */
export interface ChatCapabilities {
  /** Tokens of one call, input and output together. */
  contextTokensMax: number;
  outputTokensMax: number;
  /** Whether pictures may be in the messages. */
  imageInput: boolean;
  tools: boolean;
  /** Whether `response_format: json_schema` is kept to. */
  jsonSchema: boolean;
  streaming: boolean;
  /** Whether temperature and top_p are taken; absent = yes. */
  sampling?: boolean;
  /** Whether it can be told to call a tool; absent = yes. */
  forcedTools?: boolean;
  /** Whether `reasoning_effort` is taken; absent = yes. */
  effort?: boolean;
}

/** One chat model of the catalogue: data, never code. */
export interface ChatModel {
  kind: 'chat';
  /** Name by which callers ask for it and under which it is priced. */
  id: string;
  /** Id of the provider that speaks to it. */
  provider: string;
  title: string;
  status: ModelStatus;
  /** First day (UTC, YYYY-MM-DD) on which the vendor no longer answers; null = none announced. */
  shutdownDate: string | null;
  successor: string | null;
  capabilities: ChatCapabilities;
}

/** What an embedding model takes. */
export interface EmbeddingCapabilities {
  /** Length of its vectors. */
  dimensions: number;
  /** Whether fewer may be asked for. */
  dimensionsAdjustable: boolean;
  /** Tokens of one text. */
  inputTokensMax: number;
  /** Texts of one call. */
  inputsMax: number;
}

/** One embedding model of the catalogue. */
export interface EmbeddingModel {
  kind: 'embedding';
  id: string;
  provider: string;
  title: string;
  status: ModelStatus;
  shutdownDate: string | null;
  successor: string | null;
  capabilities: EmbeddingCapabilities;
}
