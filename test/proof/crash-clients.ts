/** Clients that ask for pictures in every way while processes die under them, and remember what they were told. */
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '../../src/common/ids.js';
import { API_KEY } from '../setup/installation.js';
import { makePicture } from '../simulators/simulator-picture.js';

export const PATH = '/api/v1/image-generations';
const CLIENTS = 16;
const VENDOR_DELAY_MS_MAX = 300;
/** A gone process refuses at once; the client waits a little, as a real one would. */
const RECONNECT_AFTER_MS = 50;
const REPEAT_EVERY_MS = 250;
const REPEAT_TIMEOUT_MS = 20_000;
/** No answer at all is a fault too. */
const ANSWER_TIMEOUT_MS = 30_000;

/** A record as an answer showed it. */
export interface Shown {
  id: string;
  status: string;
  cost_micros: number;
  images: { index: number; url: string; sha256: string }[];
}

interface Ask {
  /** Sent as Idempotency-Key, and kept in the record's metadata. */
  key: string;
  body: Record<string, unknown>;
  prefer: string | null;
  cancelAfterMs: number | null;
}

export class CrashClients {
  /** Records that a client has seen, by id; the last sight of each. */
  readonly acknowledged = new Map<string, Shown>();
  /** Answers that no client should ever get. */
  readonly faults: string[] = [];
  readonly statuses: Record<string, number> = {};
  sentCount = 0;
  private unanswered: Ask[] = [];
  private isStopped = false;
  private garment = '';
  private clients: Promise<void>[] = [];

  /** @param addresses of the processes that take requests now */
  constructor(private readonly addresses: () => readonly string[]) {}

  async start(): Promise<void> {
    this.garment = (await makePicture('garment', 64, 64, 'png')).toString('base64');
    this.isStopped = false;
    this.clients = Array.from({ length: CLIENTS }, () => this.work());
  }

  /** Lets answers that still come come in, and sends nothing more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.clients);
  }

  /** Repeats, under their keys, the requests whose answer was lost: each must be paid once in all. */
  async repeatUnanswered(): Promise<number> {
    const asks = this.unanswered.splice(0);
    await Promise.all(asks.map((ask) => this.repeat(ask)));
    return asks.length;
  }

  private async work(): Promise<void> {
    while (!this.isStopped) await this.send(makeAsk(this.garment));
  }

  private async repeat(ask: Ask): Promise<void> {
    for (const startedAtMs = performance.now(); ; await delay(REPEAT_EVERY_MS)) {
      const status = await this.send(ask);
      if (status !== null && ![409, 429, 503].includes(status)) return;
      if (performance.now() - startedAtMs > REPEAT_TIMEOUT_MS) {
        this.faults.push(`the repetition of ${ask.key} ended with ${status}`);
        return;
      }
    }
  }

  /** The status; null when no answer came. */
  private async send(ask: Ask): Promise<number | null> {
    const all = this.addresses();
    const address = all[randomInt(Math.max(1, all.length))];
    if (address === undefined) return wait();
    this.sentCount += 1;
    try {
      const response = await post(`${address}${PATH}`, ask);
      const record = toRecord(await response.json());
      this.note(response.status, record);
      if (record && ask.cancelAfterMs !== null) await cancel(address, record.id, ask.cancelAfterMs);
      return response.status;
    } catch (error) {
      if ((error as Error).name === 'TimeoutError') this.faults.push(`no answer for ${ask.key}`);
      if (!this.unanswered.includes(ask)) this.unanswered.push(ask);
      return wait();
    }
  }

  private note(status: number, record: Shown | null): void {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    if (record) this.acknowledged.set(record.id, record);
    const isKnown = [201, 202, 409, 429, 503].includes(status) || record?.status === 'failed';
    if (!isKnown || status === 500) this.faults.push(`a request was answered with ${status}`);
  }
}

function post(url: string, { key, body, prefer }: Ask): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${API_KEY}`,
      'content-type': 'application/json',
      'idempotency-key': key,
      ...(prefer && { prefer }),
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
}

async function cancel(address: string, id: string, afterMs: number): Promise<void> {
  await delay(afterMs);
  const response = await fetch(`${address}${PATH}/${id}/cancel`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}` },
  }).catch(() => null);
  await response?.body?.cancel();
}

async function wait(): Promise<null> {
  await delay(RECONNECT_AFTER_MS);
  return null;
}

/** Of a success, or of a failure that tells of its generation. */
function toRecord(body: unknown): Shown | null {
  const answer = body as Partial<Shown> & { generation?: Shown };
  if (answer.generation?.id) return answer.generation;
  return answer.images && answer.id ? (answer as Shown) : null;
}

/** Both vendors, at once and queued, one to three pictures, fast and slow; some with a picture to work from. */
function makeAsk(garment: string): Ask {
  const key = newId();
  const isVendor = randomInt(5) < 2;
  const isEdit = !isVendor && randomInt(6) === 0;
  const isAsync = randomInt(2) === 0;
  const body = {
    prompt: `${key} [sim:no_usage]`,
    n: randomInt(1, 4),
    metadata: { request: key },
    ...(isVendor
      ? { model: 'gpt-image-2', size: '1024x1024', quality: 'low' }
      : {
          model: 'embedded-image',
          size: '32x32',
          provider_options: { delay_ms: randomInt(VENDOR_DELAY_MS_MAX) },
        }),
    ...(isEdit && { operation: 'edit', reference_images: [{ data: garment }] }),
  };
  return {
    key,
    body,
    prefer: isAsync ? 'respond-async' : randomInt(4) === 0 ? 'wait=1' : null,
    cancelAfterMs: isAsync && randomInt(8) === 0 ? randomInt(200) : null,
  };
}
