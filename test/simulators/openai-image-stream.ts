import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { ImageFields } from './openai-image-rules.js';
import type { SimulatedBody } from './read-simulated-body.js';
import { makePicture } from './simulator-picture.js';

/** What a draft costs beside its picture. */
const TOKENS_PER_PARTIAL = 100;
const PAUSE_MS = 20;
const SLOW_PAUSE_MS = 700;
const PIECES = 7;

export interface ImageStreamParts {
  fields: ImageFields;
  isEdit: boolean;
  /** Of the picture without its drafts. */
  usage: Record<string, unknown>;
  fault: string | null;
}

/** Whether the request asks for an event stream, and for how many drafts. */
export function readStreaming(body: SimulatedBody): { isStream: boolean; partials: number } {
  const { stream, partial_images = 0 } = body.fields;
  return { isStream: stream === true || stream === 'true', partials: Number(partial_images) };
}

/**
 * The event stream of one picture: drafts, then the whole. `stream_cut` breaks the connection within the second draft,
 * `stream_error` reports a fault after the first, `stream_end` ends without a picture, `stream_slow` takes its time.
 */
export async function sendImageStream(
  response: ServerResponse,
  { fields, isEdit, usage, fault }: ImageStreamParts,
  partials: number,
): Promise<void> {
  const family = isEdit ? 'image_edit' : 'image_generation';
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'x-request-id': 'req_sim_stream',
  });
  for (let index = 0; index < partials; index += 1) {
    const type = `${family}.partial_image`;
    const text = await toEvent(type, fields, `draft ${index}`, { partial_image_index: index });
    if (fault === 'stream_cut' && index > 0) {
      response.write(text.slice(0, Math.ceil(text.length / 2)), () => response.destroy());
      return;
    }
    await write(response, text);
    if (fault === 'stream_error') return void response.end(toFault());
    await wait(fault === 'stream_slow' ? SLOW_PAUSE_MS : PAUSE_MS);
  }
  if (fault === 'stream_end') return void response.end();
  const spent = { usage: addPartials(usage, partials) };
  await write(response, await toEvent(`${family}.completed`, fields, '', spent));
  response.end();
}

async function toEvent(
  type: string,
  fields: ImageFields,
  draft: string,
  more: object,
): Promise<string> {
  const [width = 0, height = 0] = fields.size.split('x').map(Number);
  const subject = draft === '' ? `${fields.prompt}#0` : `${fields.prompt} ${draft}`;
  const bytes = await makePicture(subject, width, height, fields.outputFormat);
  const data = {
    type,
    b64_json: bytes.toString('base64'),
    created_at: Math.floor(Date.now() / 1000),
    size: fields.size,
    quality: fields.quality,
    background: fields.background,
    output_format: fields.outputFormat,
    ...more,
  };
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** In pieces that end anywhere, as a network has it. */
async function write(response: ServerResponse, text: string): Promise<void> {
  const step = Math.ceil(text.length / PIECES);
  for (let at = 0; at < text.length && !response.destroyed; at += step) {
    response.write(text.slice(at, at + step));
    await wait(1);
  }
}

function toFault(): string {
  const error = {
    type: 'image_generation_server_error',
    code: 'server_error',
    message: 'The server had an error while making the picture.',
    param: null,
  };
  return `event: error\ndata: ${JSON.stringify({ type: 'error', error })}\n\n`;
}

function addPartials(usage: Record<string, unknown>, partials: number): Record<string, unknown> {
  const more = partials * TOKENS_PER_PARTIAL;
  const output = Number(usage.output_tokens) + more;
  return {
    ...usage,
    output_tokens: output,
    output_tokens_details: { image_tokens: output, text_tokens: 0 },
    total_tokens: Number(usage.total_tokens) + more,
  };
}
