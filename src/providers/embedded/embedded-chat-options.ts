import { toRecord } from '../shared/read-json.js';
import { readProviderOptions, wholeNumber } from '../shared/read-provider-options.js';
import type { ChatCall } from '../spec/chat-call.js';

const DELAY_MS_MAX = 60_000;
const PIECE_DELAY_MS_MAX = 5_000;

const CHECKS = {
  /** Waits before the first word, as a slow vendor does. */
  delay_ms: wholeNumber(0, DELAY_MS_MAX),
  /** Waits before each further piece of a stream. */
  piece_delay_ms: wholeNumber(0, PIECE_DELAY_MS_MAX),
};

export interface EmbeddedChatOptions {
  delayMs: number;
  pieceDelayMs: number;
}

/** @throws DomainError `request.invalid` naming the option */
export function toEmbeddedChatOptions(request: ChatCall['request']): EmbeddedChatOptions {
  const options = toRecord(request.provider_options) ?? {};
  const known = readProviderOptions('embedded', CHECKS, options);
  return {
    delayMs: Number(known.delay_ms ?? 0),
    pieceDelayMs: Number(known.piece_delay_ms ?? 0),
  };
}
