import { toRecord } from '../shared/read-json.js';
import {
  numberBetween,
  type OptionCheck,
  readProviderOptions,
  wholeNumber,
} from '../shared/read-provider-options.js';
import type { ChatCall } from '../spec/chat-call.js';

const CONTEXT_TOKENS_MAX = 1_048_576;
const TOP_K_MAX = 1_000;
const DURATION = /^-?\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h)$/;
const THINK_LEVELS = ['low', 'medium', 'high', 'max'];

/** What callers may set beyond OpenAI's words. Other names are refused. */
const CHECKS = {
  /** Tokens of the conversation that the server makes room for; without it the server's own, often only 4,096. */
  num_ctx: wholeNumber(1, CONTEXT_TOKENS_MAX),
  top_k: wholeNumber(0, TOP_K_MAX),
  min_p: numberBetween(0, 1),
  repeat_penalty: numberBetween(0, 10),
  /** How long the model stays in memory: `5m`, or seconds; 0 = not at all, less = for ever. */
  keep_alive: durationOrSeconds(),
  /** Whether and how long it thinks, instead of `reasoning_effort`. */
  think: yesNoOrLevel(),
};

export type OllamaChatOptions = Partial<Record<keyof typeof CHECKS, unknown>>;

/** @throws DomainError `request.invalid` naming the options at fault */
export function toOllamaChatOptions(request: ChatCall['request']): OllamaChatOptions {
  return readProviderOptions('ollama', CHECKS, toRecord(request.provider_options) ?? {});
}

function durationOrSeconds(): OptionCheck {
  return (value) =>
    Number.isInteger(value) || (typeof value === 'string' && DURATION.test(value))
      ? null
      : 'must be whole seconds, or a duration as 5m or 1h';
}

function yesNoOrLevel(): OptionCheck {
  return (value) =>
    typeof value === 'boolean' || THINK_LEVELS.includes(String(value))
      ? null
      : `must be true, false or one of ${THINK_LEVELS.join(', ')}`;
}
