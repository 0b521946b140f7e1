import type { JsonValue } from '../../common/json-value.js';

/** What the vendor counted, for the price. Whole numbers; null = the vendor did not say. */
export interface ImageUsage {
  inputTokens: number;
  inputTextTokens: number | null;
  inputImageTokens: number | null;
  /** Of the text and of the pictures that went in, what the vendor had read before. Absent = not told. */
  cachedInputTextTokens?: number;
  cachedInputImageTokens?: number;
  outputTokens: number;
  /** The part of the output that is pictures; null = not told apart, so all of it. */
  outputImageTokens: number | null;
  outputTextTokens: number | null;
  /** Millionths of the vendor's own credits, where it counts those and not tokens. */
  microcredits?: number;
}

/** Something asked for that was not done, or done otherwise. Shown to the caller; never silent. */
export interface ProviderWarning {
  code: 'unsupported_option' | 'fewer_images' | 'more_images' | 'usage_unreadable';
  /** Field of the request it is about, as the caller wrote it; null = none. */
  field: string | null;
  /** In our own words, safe to show. */
  message: string;
}

/** What is known of one delivered picture beside its bytes. */
export interface ImageFacts {
  index: number;
  /** The prompt the vendor really used; null = unchanged or not told. */
  revisedPrompt: string | null;
  /** With it the same picture can be made again; null = not known. */
  seed: number | null;
}

/** The end of a call that delivered. A call that delivered nothing throws instead. */
export interface ImageResult {
  /** How often `deliver` was called and resolved: 1 to n. */
  deliveredCount: number;
  /** Pictures in the vendor's answer, those beyond `n` included: what its usage is about. At least `deliveredCount`. */
  answeredCount: number;
  /** Requests that made them, where the vendor makes one picture a request; absent = one request made all. */
  requestsCount?: number;
  /** One per delivered picture, in order of index. */
  images: readonly ImageFacts[];
  usage: ImageUsage | null;
  /** What the vendor says it really made, where it says so; it decides the price when size or quality was left open. */
  served: { size: string | null; quality: string | null; outputFormat: string | null };
  vendorRequestId: string | null;
  warnings: readonly ProviderWarning[];
  /** Facts about how the pictures were made, shown with the record: `{rendered: 'procedural'}`. */
  providerNote: Readonly<Record<string, string>> | null;
}

/** `finished`: all was delivered. `accepted`: ask `status` later with this reference, also after a restart. */
export type ImageSubmission =
  { state: 'finished'; result: ImageResult } | { state: 'accepted'; reference: JsonValue };

/** Progress is 0 to 1; null = the vendor does not say. */
export type ImageStatus = ImageSubmission | { state: 'running'; progress: number | null };
