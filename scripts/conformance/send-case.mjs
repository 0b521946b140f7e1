/** Sends one request and reads its answer: JSON, text, or the events of a stream. */
import { isFile } from './known-values.mjs';
import { readEvents } from './read-events.mjs';

const TIMEOUT_MS = 180_000;
const WAIT_MS_MAX = 10_000;
const TRIES_MAX = 3;
const MS_PER_S = 1_000;

/** @returns `{status, type, headers, json?, text?, events?}`; @throws what the network did */
export async function sendCase(one, target) {
  for (let tries = 1; ; tries += 1) {
    const response = await send(one, target);
    const waitMs = Number(response.headers.get('retry-after')) * MS_PER_S;
    // Limits are no fault: what they keep back is asked again.
    if (response.status !== 429 || tries === TRIES_MAX || !(waitMs <= WAIT_MS_MAX))
      return read(response);
    await response.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

function send({ operation, path = operation.path, mediaType, body, text, key }, target) {
  const bearer = key === undefined ? target.key : key;
  const isForm = mediaType === 'multipart/form-data';
  return fetch(`${target.url}${path}`, {
    method: operation.method.toUpperCase(),
    headers: {
      ...(bearer && { authorization: `Bearer ${bearer}` }),
      ...(mediaType && !isForm && { 'content-type': mediaType }),
    },
    body: mediaType && (isForm ? toForm(body) : (text ?? JSON.stringify(body))),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

/** As OpenAI's clients write it: several files under a name with brackets. */
function toForm(body) {
  const form = new FormData();
  for (const [name, value] of Object.entries(body)) {
    const field = Array.isArray(value) ? `${name}[]` : name;
    for (const item of [value].flat()) {
      if (isFile(item))
        form.append(field, new Blob([item.content], { type: item.type }), item.file);
      else form.append(field, typeof item === 'object' ? JSON.stringify(item) : String(item));
    }
  }
  return form;
}

async function read(response) {
  const { status, headers } = response;
  const type = (headers.get('content-type') ?? '').split(';')[0].trim().toLowerCase();
  if (type === 'text/event-stream') {
    return { status, headers, type, events: await readEvents(response.body) };
  }
  const text = await response.text();
  return { status, headers, type, text, json: type.includes('json') ? parse(text) : undefined };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
