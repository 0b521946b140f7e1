import type { ProviderCredential } from './image-call.js';

/** What texts and pictures are judged by, in OpenAI's words. Source: OpenAI's API description, read 2026-11. */
export const MODERATION_CATEGORIES = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/instructions',
  'self-harm/intent',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
] as const;
export type ModerationCategory = (typeof MODERATION_CATEGORIES)[number];

export type ModerationPart =
  { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } };

/** One text, or several that are judged each for itself, or parts that are judged together. */
export type ModerationInput = string | readonly string[] | readonly ModerationPart[];

/** One moderation call. */
export interface ModerationCall {
  attemptId: string;
  /** Public name. */
  model: string;
  /** What the vendor calls it where that differs; null = `model`. */
  vendorModel: string | null;
  input: ModerationInput;
  /** Verdicts that are due: one a text, or one for all parts. */
  verdictCount: number;
  credential: ProviderCredential;
  /** Ends the call. A reason named `TimeoutError` means the deadline passed; any other, that it was canceled. */
  signal: AbortSignal;
}

/** What was found in one category. */
export interface CategoryVerdict {
  isFlagged: boolean;
  /** From 0 to 1. */
  score: number;
  /** What was looked at for it; nothing = the category was not judged. */
  inputTypes: readonly ('text' | 'image')[];
}

export interface ModerationVerdict {
  isFlagged: boolean;
  categories: Readonly<Record<ModerationCategory, CategoryVerdict>>;
}

export interface ModerationResult {
  /** In the order of the input. */
  verdicts: readonly ModerationVerdict[];
  /** In the vendor's words; null = not told. */
  servedModel: string | null;
  vendorRequestId: string | null;
}
