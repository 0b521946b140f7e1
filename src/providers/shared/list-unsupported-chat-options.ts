import type { ChatCall } from '../spec/chat-call.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { toUnsupported } from './list-unsupported-options.js';

/** Fields that say nothing about the answer, or that every translator handles. */
const NEUTRAL = [
  'model',
  'messages',
  'stream',
  'stream_options',
  'user',
  'safety_identifier',
  'metadata',
  'store',
  'service_tier',
  'prompt_cache_key',
  'prompt_cache_retention',
];
/** What holds anyway: asking for it asks for nothing. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  n: 1,
  frequency_penalty: 0,
  presence_penalty: 0,
  logprobs: false,
  top_logprobs: 0,
  parallel_tool_calls: true,
};

/**
 * A warning for each option of the request that a vendor does not know; nothing is dropped in silence.
 * @param supported fields that the translator says in the vendor's words
 * @param by what does not know them, as the caller calls it
 */
export function listUnsupportedChatOptions(
  request: ChatCall['request'],
  supported: readonly string[],
  by: string,
): ProviderWarning[] {
  return Object.entries(request)
    .filter(([field, value]) => isAsked(field, value))
    .filter(([field]) => !NEUTRAL.includes(field) && !supported.includes(field))
    .map(([field]) => toUnsupported(field, by));
}

function isAsked(field: string, value: unknown): boolean {
  if (value === null || value === undefined || value === DEFAULTS[field]) return false;
  if (field === 'modalities') return !Array.isArray(value) || value.some((one) => one !== 'text');
  if (field === 'response_format') return (value as { type?: unknown }).type !== 'text';
  return !(typeof value === 'object' && Object.keys(value).length === 0);
}
