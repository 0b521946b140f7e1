import { parseJson, toRecord, toRecords, toText, toWord } from '../shared/read-json.js';

/**
 * The wire forms of a ComfyUI server, read leniently. A request is a graph, asked after by an id that we choose.
 * Source: the server's own code (server.py, execution.py, nodes.py) of v0.3.64 to v0.38.1, read 2026-11.
 */

const ID_FORM = /^[\w-]{1,100}$/;
const NAME_CHARS_MAX = 1_000;

/** How an uploaded picture is named in a graph; null = it was not taken. */
export function parseUpload(value: unknown): string | null {
  const body = toRecord(value);
  const name = toText(body?.name);
  if (name === null || name.length > NAME_CHARS_MAX) return null;
  const folder = toText(body?.subfolder);
  return folder === null ? name : `${folder}/${name}`;
}

/** The id of an accepted graph: ours, or that of an older server's own. */
export function parseAcceptance(value: unknown): string | null {
  const id = toWord(toRecord(value)?.prompt_id) ?? '';
  return ID_FORM.test(id) ? id : null;
}

/** Where a job is; `absent` = not in the queue: it has ended, or the server does not know it. */
export type QueuePlace = 'running' | 'pending' | 'absent';

/** Null = it is no queue. */
export function parseQueuePlace(value: unknown, promptId: string): QueuePlace | null {
  const body = toRecord(value);
  const running = body?.queue_running;
  const pending = body?.queue_pending;
  if (!Array.isArray(running) || !Array.isArray(pending)) return null;
  if (hasJob(running, promptId)) return 'running';
  return hasJob(pending, promptId) ? 'pending' : 'absent';
}

/** An entry is `[number, prompt_id, graph, extra_data, outputs]`. */
function hasJob(entries: readonly unknown[], promptId: string): boolean {
  return entries.some((entry) => Array.isArray(entry) && entry[1] === promptId);
}

export interface SavedPicture {
  filename: string;
  subfolder: string;
  type: string;
}

/** What a job that has ended left behind. */
export interface JobEnd {
  pictures: SavedPicture[];
  isInterrupted: boolean;
  /** Null = none of its nodes failed. */
  failure: { nodeType: string; exceptionType: string; message: string } | null;
}

/** Null = the job has not ended, or the server does not know it. Undefined = it is no history. */
export function parseHistory(value: unknown, promptId: string): JobEnd | null | undefined {
  const history = toRecord(value);
  if (!history) return undefined;
  const entry = toRecord(history[promptId]);
  if (!entry) return null;
  const outputs = Object.values(toRecord(entry.outputs) ?? {});
  const status = toRecord(entry.status);
  const failure = findMessage(status?.messages, 'execution_error');
  const isFailed = status?.status_str === 'error';
  return {
    pictures: outputs.flatMap((output) => toPictures(toRecord(output)?.images)),
    isInterrupted: findMessage(status?.messages, 'execution_interrupted') !== null,
    failure:
      failure || isFailed
        ? {
            nodeType: toWord(failure?.node_type) ?? '',
            exceptionType: toWord(failure?.exception_type) ?? '',
            message: toText(failure?.exception_message) ?? '',
          }
        : null,
  };
}

/** Drafts, which some nodes save beside the result, are of type `temp`. */
function toPictures(images: unknown): SavedPicture[] {
  return toRecords(images).flatMap(({ filename, subfolder, type }) => {
    const name = toText(filename);
    if (name === null || type !== 'output') return [];
    return [{ filename: name, subfolder: toText(subfolder) ?? '', type }];
  });
}

/** A message is `[name, {…}]`. */
function findMessage(messages: unknown, name: string): Readonly<Record<string, unknown>> | null {
  if (!Array.isArray(messages)) return null;
  const found = messages.find((one): one is unknown[] => Array.isArray(one) && one[0] === name);
  return found ? (toRecord(found[1]) ?? {}) : null;
}

export interface ComfyuiErrorBody {
  /** As `prompt_outputs_failed_validation`; empty = not told. */
  type: string;
  message: string;
  /** Of the first node at fault: `value_not_in_list` of its input `ckpt_name`. */
  node: { type: string; input: string | null } | null;
}

/** Never fails. */
export function parseComfyuiError(bodyText: string): ComfyuiErrorBody {
  const body = toRecord(parseJson(bodyText));
  const error = toRecord(body?.error);
  const nodes = Object.values(toRecord(body?.node_errors) ?? {});
  const [fault] = nodes.flatMap((node) => toRecords(toRecord(node)?.errors));
  const details = toText(fault?.details) ?? toText(error?.details) ?? '';
  return {
    type: toWord(error?.type) ?? '',
    message: `${toText(error?.message) ?? bodyText} ${details}`.trim(),
    node: fault
      ? { type: toWord(fault.type) ?? '', input: toWord(toRecord(fault.extra_info)?.input_name) }
      : null,
  };
}
