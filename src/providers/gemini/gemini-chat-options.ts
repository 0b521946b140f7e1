import { toRecord } from '../shared/read-json.js';
import {
  numberBetween,
  oneOf,
  readProviderOptions,
  wholeNumber,
  yesOrNo,
} from '../shared/read-provider-options.js';
import type { ChatCall } from '../spec/chat-call.js';

const TOP_K_MAX = 1_000;
const THINKING_TOKENS_MAX = 65_536;

/** What callers may set beyond OpenAI's words. Other names are refused. */
const CHECKS = {
  top_k: numberBetween(1, TOP_K_MAX),
  /** Instead of `reasoning_effort`: models of Gemini 3 and later think in levels, those before in tokens. */
  thinking_level: oneOf('MINIMAL', 'LOW', 'MEDIUM', 'HIGH'),
  thinking_budget: wholeNumber(-1, THINKING_TOKENS_MAX),
  /** Whether a summary of the thoughts comes with the answer, as `reasoning_content`. */
  include_thoughts: yesOrNo(),
  /** From which probability on each kind of harm is blocked. */
  safety_threshold: oneOf(
    'BLOCK_LOW_AND_ABOVE',
    'BLOCK_MEDIUM_AND_ABOVE',
    'BLOCK_ONLY_HIGH',
    'BLOCK_NONE',
    'OFF',
  ),
};

export type GeminiChatOptions = Partial<Record<keyof typeof CHECKS, unknown>>;

/** @throws DomainError `request.invalid` naming the options at fault */
export function toGeminiChatOptions(request: ChatCall['request']): GeminiChatOptions {
  return readProviderOptions('gemini', CHECKS, toRecord(request.provider_options) ?? {});
}
