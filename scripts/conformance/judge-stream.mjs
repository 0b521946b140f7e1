/** Whether a stream is what the description says of it: each event by itself, and how they follow each other. */
import { finding } from './finding.mjs';

const DONE = '[DONE]';

export function judgeStream(one, { events }, { check, schema }) {
  const isChat = one.operation.path === '/chat/completions';
  const last = events.at(-1);
  if (!last) return [finding('stream', '/', 'has no event')];
  const isDone = last.data === DONE;
  const told = isDone ? events.slice(0, -1) : events;
  const parsed = told.map(({ data }) => parse(data));
  return [
    ...told.flatMap((event, index) => judgeEvent(event, parsed[index], index, { check, schema })),
    ...(last.isBroken ? [finding('stream', '/', 'ends within an event')] : []),
    ...(isChat && !isDone ? [finding('stream', '/', `does not end with ${DONE}`)] : []),
    ...(isChat ? judgeChunks(parsed, one.body) : judgeTyped(told, parsed, one.body)),
  ];
}

function judgeEvent({ data }, value, index, { check, schema }) {
  const where = `event ${index}`;
  if (value === undefined) return [finding(where, '/', `no JSON: ${data.slice(0, 100)}`)];
  if (value?.error && !value.type)
    return [finding(where, '/error', `the stream broke off: ${value.error.message}`)];
  return check(schema, value).map(({ pointer, what }) => finding(where, pointer, what));
}

/** Of one answer, ended for each choice, with its usage where that was asked for. */
function judgeChunks(chunks, body) {
  const faults = [];
  if (new Set(chunks.map((chunk) => chunk?.id)).size > 1)
    faults.push(['/id', 'differs from chunk to chunk']);
  const choices = chunks.flatMap((chunk) => chunk?.choices ?? []);
  for (let index = 0; index < (body.n ?? 1); index += 1) {
    const own = choices.filter((choice) => choice.index === index);
    if (own.length === 0) faults.push(['/choices', `choice ${index} never comes`]);
    else if (!own.at(-1).finish_reason)
      faults.push(['/choices/finish_reason', `choice ${index} is never finished`]);
  }
  const usages = chunks.filter((chunk) => chunk?.usage);
  if (body.stream_options?.include_usage === true) {
    if (usages.length !== 1)
      faults.push(['/usage', `is in ${usages.length} chunks where 1 was due`]);
    else if (chunks.at(-1) !== usages[0] || usages[0].choices.length > 0) {
      faults.push(['/usage', 'is not in a last chunk without choices']);
    }
  } else if (usages.length > 0) faults.push(['/usage', 'comes though it was not asked for']);
  return faults.map(([pointer, what]) => finding('stream', pointer, what));
}

/** Events that have their type in them, and end with the one that says so. */
function judgeTyped(events, parsed, body) {
  const misnamed = events.findIndex(
    ({ event }, index) => event !== null && event !== parsed[index]?.type,
  );
  const types = parsed.map((value) => String(value?.type));
  const partials = types.filter((type) => type.endsWith('partial_image')).length;
  const most = body.partial_images ?? 0;
  return [
    ...(misnamed === -1
      ? []
      : [
          finding(`event ${misnamed}`, '/type', `is sent under the name ${events[misnamed].event}`),
        ]),
    ...(types.at(-1)?.endsWith('.completed')
      ? []
      : [finding('stream', '/', `ends with ${types.at(-1)}`)]),
    ...(partials > most
      ? [finding('stream', '/', `has ${partials} drafts where ${most} were asked for`)]
      : []),
  ];
}

function parse(data) {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
