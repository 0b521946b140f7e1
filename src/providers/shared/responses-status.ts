import type { JsonRecord } from './read-json.js';

/** Why a response ended, in the words of chat completions; null = it did not tell. */
export function toFinishReason({ status, incomplete_details: details }: JsonRecord): string | null {
  if (status === 'completed') return 'stop';
  if (status !== 'incomplete') return null;
  const reason = (details as { reason?: unknown } | null | undefined)?.reason;
  return reason === 'content_filter' ? 'content_filter' : 'length';
}
