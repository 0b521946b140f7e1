import { DONE_EVENT } from '../../providers/shared/chat-chunk-writer.js';
import { type JsonRecord, parseJson, toRecord } from '../../providers/shared/read-json.js';
import { collectCompletion } from './collect-completion.js';
import { readChunks, toEvent } from './read-chunks.js';
import type { AnswerForm, CachedAnswer } from './response-cache.port.js';
import { spreadCompletion } from './spread-completion.js';

export interface WantedForm {
  form: AnswerForm;
  /** Of `events`: `stream_options.include_usage`. */
  showsUsage: boolean;
}

/**
 * A kept answer in the form that is wanted now; as it was given, if that is the one. Null = it cannot be told so, which
 * no answer that was kept can be.
 */
export function serveAnswer(answer: CachedAnswer, wanted: WantedForm): Buffer | null {
  const { form, bytes, showsUsage } = answer;
  if (form === wanted.form && (form === 'json' || showsUsage === wanted.showsUsage)) return bytes;
  const usage = answer.usage === null ? null : toRecord(parseJson(answer.usage));
  if (wanted.form === 'events') {
    const chunks = form === 'events' ? readChunks(bytes) : toChunks(bytes);
    return chunks && writeEvents(chunks, wanted.showsUsage, usage);
  }
  const chunks = readChunks(bytes);
  const completion = chunks && collectCompletion(chunks, usage);
  return completion && Buffer.from(JSON.stringify(completion));
}

function toChunks(bytes: Buffer): JsonRecord[] | null {
  const completion = toRecord(parseJson(bytes.toString('utf8')));
  return completion && spreadCompletion(completion);
}

/** Where usage is shown it comes last, in a chunk without choices, and is null in all others. */
function writeEvents(
  chunks: readonly JsonRecord[],
  showsUsage: boolean,
  usage: JsonRecord | null,
): Buffer {
  const events = chunks
    .filter(({ choices }) => !Array.isArray(choices) || choices.length > 0)
    .map(({ usage: _usage, ...chunk }) => toEvent(showsUsage ? { ...chunk, usage: null } : chunk));
  const last = chunks.at(-1);
  if (showsUsage && usage && last) {
    const { id, created, model } = last;
    const object = 'chat.completion.chunk';
    events.push(toEvent({ id, object, created, model, choices: [], usage }));
  }
  return Buffer.concat([Buffer.from(events.join('')), DONE_EVENT]);
}
