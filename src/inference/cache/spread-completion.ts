import { type JsonRecord, toRecord, toRecords } from '../../providers/shared/read-json.js';

/**
 * The chunks of a `chat.completion`, as a client that streams expects them: for each choice the whole message at once,
 * then why it ended. The usage is none of them.
 */
export function spreadCompletion(completion: JsonRecord): JsonRecord[] {
  const { choices, usage: _usage, object: _object, ...head } = completion;
  const toChunk = (choice: JsonRecord) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [choice],
  });
  return toRecords(choices).flatMap((choice, place) => {
    const { index = place, message, finish_reason: reason, logprobs = null, ...others } = choice;
    const delta = toDelta(toRecord(message) ?? {});
    return [
      toChunk({ index, delta, logprobs, finish_reason: null }),
      toChunk({ index, delta: {}, logprobs: null, finish_reason: reason, ...others }),
    ];
  });
}

function toDelta({ tool_calls: calls, ...message }: JsonRecord): JsonRecord {
  if (!Array.isArray(calls)) return message;
  return { ...message, tool_calls: toRecords(calls).map((call, index) => ({ index, ...call })) };
}
