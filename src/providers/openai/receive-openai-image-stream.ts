import type { Readable } from 'node:stream';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import { VendorFault } from '../shared/read-chat-json.js';
import { type JsonRecord, toRecord, toWord } from '../shared/read-json.js';
import { awaitEnd } from '../shared/relay-chat-events.js';
import { streamImageJson } from '../shared/stream-image-json.js';
import type { ImageCall } from '../spec/image-call.js';
import { type ByteEvent, ByteEventReader } from './byte-event-reader.js';

/** Where an event has its picture. */
const EVENT_FORM = { path: ['b64_json'] } as const;
/** Of a picture that is read, as a whole answer has it. */
const PICTURE_BYTES_MAX = 104_857_600;
/** A draft that is larger is not shown. */
const PARTIAL_BYTES_MAX = 16_777_216;
/** So much of an event without a name tells what it is. */
const HEAD_BYTES = 512;
const TYPE_FORM = /"type"\s*:\s*"([a-z_.]{1,100})"/;
const DONE_FORM = /^\s*\[DONE\]/;

/** How a stream ended that brought its picture. */
export interface StreamedEnd {
  /** The last event, with an empty text for its picture. */
  document: JsonRecord;
  /** Whether its picture was delivered. */
  isDelivered: boolean;
}

/** What of the stream has come, for whoever maps its faults. */
export interface StreamProgress {
  partials: number;
}

type Kind = 'partial' | 'completed' | 'error' | 'done' | 'other';

/**
 * Reads the event stream of a picture: drafts go to the call's `onPartial`, the picture to its `deliver` while it comes.
 * @throws MalformedAnswerError for a stream without a picture; VendorFault for a fault that the vendor reports in it;
 *   ConsumerFault of what `deliver` threw; what the connection threw
 */
export async function receiveOpenaiImageStream(
  call: ImageCall,
  content: Readable,
  progress: StreamProgress,
): Promise<StreamedEnd> {
  const events = new ByteEventReader(
    content.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>,
  );
  let end: StreamedEnd | null = null;
  try {
    for (let event = await events.next(); event !== null; event = await events.next()) {
      end = await takeEvent(call, event, progress);
      if (end) return end;
    }
    throw new MalformedAnswerError('the stream ended before its picture');
  } finally {
    if (end) awaitEnd(content);
    else leave(content);
  }
}

/** Null = the stream goes on. */
async function takeEvent(
  call: ImageCall,
  { name, data }: ByteEvent,
  progress: StreamProgress,
): Promise<StreamedEnd | null> {
  const { head, whole } = await peek(data);
  const kind = toKind(name, head);
  if (kind === 'done') throw new MalformedAnswerError('the stream ended before its picture');
  if (kind === 'completed') return takePicture(call, whole);
  if (kind === 'partial') await takePartial(call, whole, progress);
  else await takeOther(kind, whole);
  return null;
}

async function takePicture(call: ImageCall, data: AsyncIterable<Buffer>): Promise<StreamedEnd> {
  const { document, streamed } = await streamImageJson(
    data,
    { picturesMax: 1, pictureBytesMax: PICTURE_BYTES_MAX },
    (picture) => call.deliver({ index: 0, kind: 'bytes', bytes: picture.bytes }),
    EVENT_FORM,
  );
  return { document: assertNoFault(document), isDelivered: streamed.length > 0 };
}

async function takePartial(
  call: ImageCall,
  data: AsyncIterable<Buffer>,
  progress: StreamProgress,
): Promise<void> {
  const bytes: Uint8Array[] = [];
  let sizeBytes = 0;
  const { document } = await streamImageJson(
    data,
    { picturesMax: call.onPartial ? 1 : 0, pictureBytesMax: PICTURE_BYTES_MAX },
    async (picture) => {
      for await (const piece of picture.bytes) {
        sizeBytes += piece.byteLength;
        if (sizeBytes <= PARTIAL_BYTES_MAX) bytes.push(piece);
      }
    },
    EVENT_FORM,
  );
  const facts = assertNoFault(document);
  const index = progress.partials;
  progress.partials += 1;
  if (sizeBytes === 0 || sizeBytes > PARTIAL_BYTES_MAX) return;
  call.onPartial?.({
    index,
    bytes,
    size: toWord(facts.size),
    quality: toWord(facts.quality),
    background: toWord(facts.background),
    outputFormat: toWord(facts.output_format),
  });
}

/** A fault ends the stream; whatever else a vendor may tell is of no use here. */
async function takeOther(kind: Kind, data: AsyncIterable<Buffer>): Promise<void> {
  const limits = { picturesMax: 0, pictureBytesMax: PICTURE_BYTES_MAX };
  const { document } = await streamImageJson(data, limits, async () => undefined, EVENT_FORM);
  const event = assertNoFault(document);
  if (kind === 'error') throw new VendorFault(event);
}

function assertNoFault(document: unknown): JsonRecord {
  const event = toRecord(document);
  if (!event) throw new MalformedAnswerError('an event that is no JSON object');
  if (event.error) throw new VendorFault(event.error);
  return event;
}

function toKind(name: string | null, head: string): Kind {
  if (DONE_FORM.test(head)) return 'done';
  const type = name ?? TYPE_FORM.exec(head)?.[1] ?? '';
  if (type.endsWith('.partial_image')) return 'partial';
  if (type.endsWith('.completed')) return 'completed';
  return type === 'error' ? 'error' : 'other';
}

/** The beginning of the data as text, and all of it again. */
async function peek(
  data: AsyncIterable<Buffer>,
): Promise<{ head: string; whole: AsyncIterable<Buffer> }> {
  const pieces = data[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  let sizeBytes = 0;
  while (sizeBytes < HEAD_BYTES) {
    const piece = await pieces.next();
    if (piece.done) break;
    first.push(piece.value);
    sizeBytes += piece.value.length;
  }
  async function* again(): AsyncGenerator<Buffer> {
    yield* first;
    for (let piece = await pieces.next(); !piece.done; piece = await pieces.next()) {
      yield piece.value;
    }
  }
  const head = Buffer.concat(first).toString('latin1', 0, HEAD_BYTES);
  return { head, whole: again() };
}

function leave(content: Readable): void {
  content.on('error', () => undefined);
  content.destroy();
}
