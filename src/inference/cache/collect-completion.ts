import { type JsonRecord, toRecord, toRecords } from '../../providers/shared/read-json.js';

type Draft = Record<string, unknown>;

interface ChoiceDraft {
  index: number;
  message: Draft;
  calls: Map<number, Draft>;
  logprobs: Draft | null;
  finishReason: unknown;
  /** What a vendor tells of a choice beside its message. */
  others: Draft;
}

/** Padding that a vendor adds to single events, and what each event says of itself. */
const OF_EVENTS: ReadonlySet<string> = new Set(['object', 'choices', 'usage', 'obfuscation']);
/** Said once, or again with each event; never in pieces. */
const WHOLE: ReadonlySet<string> = new Set(['role', 'id', 'type', 'name']);

/**
 * One `chat.completion` of the chunks of a whole stream: texts, arguments and log probabilities put together for each
 * choice, fields that we do not know as well. Null = an answer without choices.
 * @param usage in OpenAI's form; null = none is shown
 */
export function collectCompletion(
  chunks: readonly JsonRecord[],
  usage: JsonRecord | null,
): JsonRecord | null {
  const head: Draft = {};
  const choices = new Map<number, ChoiceDraft>();
  for (const chunk of chunks) {
    for (const [name, value] of Object.entries(chunk)) {
      // The first event of some vendors has empty names.
      if (!OF_EVENTS.has(name) && (head[name] ?? '') === '') head[name] = value;
    }
    for (const part of toRecords(chunk.choices)) takeChoice(choices, part);
  }
  if (choices.size === 0) return null;
  const { id, created, model, ...others } = head;
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [...choices.values()].toSorted((a, b) => a.index - b.index).map(toChoice),
    ...(usage ? { usage } : {}),
    ...others,
  };
}

function takeChoice(choices: Map<number, ChoiceDraft>, part: JsonRecord): void {
  const index = typeof part.index === 'number' ? part.index : 0;
  const draft = choices.get(index) ?? {
    index,
    message: {},
    calls: new Map<number, Draft>(),
    logprobs: null,
    finishReason: null,
    others: {},
  };
  choices.set(index, draft);
  const {
    index: _index,
    delta: told,
    logprobs: likelihoods,
    finish_reason: reason,
    ...others
  } = part;
  Object.assign(draft.others, others);
  const { tool_calls: calls, ...delta } = toRecord(told) ?? {};
  append(draft.message, delta);
  for (const call of toRecords(calls)) {
    const { index: place, ...piece } = call;
    const at = typeof place === 'number' ? place : draft.calls.size;
    const known = draft.calls.get(at) ?? {};
    append(known, piece);
    draft.calls.set(at, known);
  }
  const logprobs = toRecord(likelihoods);
  if (logprobs) append((draft.logprobs ??= {}), logprobs);
  draft.finishReason = reason ?? draft.finishReason;
}

/** Texts and lists go on where they were; a part of several fields is put together field by field. */
function append(known: Draft, piece: JsonRecord): void {
  for (const [name, value] of Object.entries(piece)) {
    const before = known[name];
    if (value === null || value === undefined) known[name] ??= null;
    else if (typeof value === 'string' && typeof before === 'string') {
      known[name] = WHOLE.has(name) ? before || value : before + value;
    } else if (Array.isArray(value) && Array.isArray(before)) known[name] = [...before, ...value];
    else if (toRecord(value)) {
      const inner = { ...toRecord(before) };
      append(inner, value as JsonRecord);
      known[name] = inner;
    } else known[name] = value;
  }
}

function toChoice(draft: ChoiceDraft): JsonRecord {
  const { index, message, calls, logprobs, finishReason } = draft;
  const { role, content, refusal, ...others } = message;
  const toolCalls = [...calls].toSorted(([a], [b]) => a - b).map(([, call]) => call);
  // Translated streams begin with an empty text, whatever follows.
  const isSilent = content === '' && (toolCalls.length > 0 || typeof refusal === 'string');
  return {
    index,
    message: {
      role: role ?? 'assistant',
      content: isSilent ? null : (content ?? null),
      refusal: refusal ?? null,
      ...others,
      ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
    },
    logprobs,
    finish_reason: finishReason,
    ...draft.others,
  };
}
