import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import type { Graph } from './comfyui-node-rules.js';
import { toText } from './openai-image-rules.js';
import { makePicture } from './simulator-picture.js';

/** How a job may end, by the fault of its order. */
const ERRORS: Readonly<Record<string, { node: string; type: string; message: string }>> = {
  failed: {
    node: 'KSampler',
    type: 'RuntimeError',
    message: 'mat1 and mat2 shapes cannot be multiplied',
  },
  out_of_memory: {
    node: 'KSampler',
    type: 'torch.OutOfMemoryError',
    message: 'Allocation on device',
  },
  unreadable: {
    node: 'LoadImage',
    type: 'PIL.UnidentifiedImageError',
    message: 'cannot identify image file',
  },
};
const POLL_MS = 2;
const PROGRESS_STEPS = 4;
const PREVIEW_PX = 16;

export interface QueuedJob {
  number: number;
  id: string;
  graph: Graph;
  clientId: string | null;
  fault: string | null;
}

export interface MadePicture {
  filename: string;
  subfolder: string;
  type: 'output';
}

export interface QueueOptions {
  /** Sent to whoever is connected as this client; null = to all. */
  send(clientId: string | null, message: string | Buffer): void;
  /** An uploaded picture, by the name that graphs give it. */
  fileOf(name: string): Buffer | undefined;
}

/** One job after the other, as on one graphics card; what has ended is history. */
export class ComfyuiQueue {
  /** How long each job takes; looked at while it runs. */
  jobMs = 0;
  readonly pending: QueuedJob[] = [];
  running: QueuedJob | null = null;
  readonly history = new Map<string, object>();
  /** Saved pictures, by `subfolder/filename`. */
  readonly saved = new Map<string, Buffer>();
  private readonly cache = new Map<string, MadePicture[]>();
  private interrupted = false;
  private isStopped = false;
  private isWorking = false;

  constructor(private readonly options: QueueOptions) {}

  add(job: QueuedJob): void {
    this.pending.push(job);
    if (!this.isWorking) void this.work();
  }

  interrupt(): void {
    this.interrupted = true;
  }

  stop(): void {
    this.isStopped = true;
  }

  entryOf({ number, id, graph, clientId }: QueuedJob): unknown[] {
    return [number, id, graph, { client_id: clientId, create_time: 1_763_700_000_000 }, ['10']];
  }

  private async work(): Promise<void> {
    this.isWorking = true;
    for (let job = this.pending.shift(); job && !this.isStopped; job = this.pending.shift()) {
      this.running = job;
      this.interrupted = false;
      await this.execute(job);
      this.running = null;
    }
    this.isWorking = false;
  }

  private async execute(job: QueuedJob): Promise<void> {
    const messages: unknown[] = [];
    const tell = (type: string, data: object, isKept = false): void => {
      const body = { ...data, prompt_id: job.id };
      if (isKept) messages.push([type, { ...body, timestamp: 1_763_700_000_001 }]);
      // Without a client most messages are not sent at all; that of a stop goes to everybody.
      const isForAll = type === 'execution_interrupted';
      if (job.clientId === null && !isForAll) return;
      this.options.send(isForAll ? null : job.clientId, JSON.stringify({ type, data: body }));
    };
    tell('execution_start', {}, true);
    const known = this.cache.get(JSON.stringify(job.graph));
    tell('execution_cached', { nodes: known ? Object.keys(job.graph) : [] }, true);
    const pictures = known ?? (await this.compute(job, tell));
    if (pictures === 'gone' || this.isStopped) return;
    const isFine = Array.isArray(pictures);
    if (isFine) {
      const saver = nodeOf(job.graph, 'SaveImage');
      tell('executed', { node: saver, output: known ? null : { images: pictures } });
      tell('execution_success', {}, true);
      this.cache.set(JSON.stringify(job.graph), pictures);
    }
    const isTold = isFine && (!known || job.clientId !== null);
    this.history.set(job.id, {
      prompt: this.entryOf(job),
      outputs: isTold && pictures.length > 0 ? { '10': { images: pictures } } : {},
      status: { status_str: isFine ? 'success' : 'error', completed: isFine, messages },
    });
    this.running = null;
    tell('executing', { node: null });
  }

  /** @returns what was saved; `failed` after a message that says why; `gone` when nobody will ever know */
  private async compute(
    job: QueuedJob,
    tell: (type: string, data: object, isKept?: boolean) => void,
  ): Promise<MadePicture[] | 'failed' | 'gone'> {
    const plan = await planOf(job.graph, (name) => this.options.fileOf(name));
    const error = ERRORS[plan ? (job.fault ?? '') : 'unreadable'];
    const startedAt = Date.now();
    for (let step = 0; step <= PROGRESS_STEPS; step += 1) {
      const node = nodeOf(job.graph, 'KSampler');
      if (step === 0) tell('executing', { node, display_node: node });
      while (Date.now() - startedAt < (this.jobMs * step) / PROGRESS_STEPS) {
        if (this.interrupted || this.isStopped) break;
        await wait(POLL_MS);
      }
      if (this.interrupted) {
        tell('execution_interrupted', { node_id: node, node_type: 'KSampler', executed: [] }, true);
        return 'failed';
      }
      if (this.isStopped || job.fault === 'forgotten') return 'gone';
      if (step > 0) tell('progress', { value: step, max: PROGRESS_STEPS, node });
      await this.preview(job, node, step);
    }
    if (!error) return this.save(job, plan as Plan);
    const { node, type, message } = error;
    tell(
      'execution_error',
      {
        node_id: nodeOf(job.graph, node),
        node_type: node,
        exception_type: type,
        exception_message: message,
      },
      true,
    );
    return 'failed';
  }

  /** Of both kinds, by turns: with and without metadata. */
  private async preview({ id, clientId }: QueuedJob, node: string, step: number): Promise<void> {
    if (clientId === null) return;
    const picture = await makePicture(`${id}.${step}`, PREVIEW_PX, PREVIEW_PX, 'jpeg');
    if (step % 2 === 1) {
      return this.options.send(clientId, Buffer.concat([toNumbers(1, 1), picture]));
    }
    const facts = { node_id: node, prompt_id: id, display_node_id: node, image_type: 'image/jpeg' };
    const metadata = Buffer.from(JSON.stringify(facts));
    this.options.send(clientId, Buffer.concat([toNumbers(4, metadata.length), metadata, picture]));
  }

  private async save(job: QueuedJob, plan: Plan): Promise<MadePicture[]> {
    const made: MadePicture[] = [];
    if (job.fault === 'no_output') return made;
    const count = job.fault === 'more' ? plan.count + 1 : plan.count;
    for (let at = 1; at <= count; at += 1) {
      const filename = `${plan.prefix}_${String(at).padStart(5, '0')}_.png`;
      const subject = `${job.number}.${at}`;
      this.saved.set(
        `/${filename}`,
        await makePicture(subject, plan.widthPx, plan.heightPx, 'png'),
      );
      made.push({ filename, subfolder: '', type: 'output' });
    }
    return made;
  }
}

interface Plan {
  count: number;
  widthPx: number;
  heightPx: number;
  prefix: string;
}

/** Null = a picture that goes in cannot be read. */
async function planOf(graph: Graph, fileOf: QueueOptions['fileOf']): Promise<Plan | null> {
  const find = (type: string): Record<string, unknown> | undefined =>
    Object.values(graph).find(({ class_type }) => class_type === type)?.inputs;
  const empty = find('EmptySD3LatentImage') ?? find('EmptyLatentImage');
  const count = Number(empty?.batch_size ?? find('RepeatLatentBatch')?.amount ?? 1);
  const prefix = toText(find('SaveImage')?.filename_prefix, '');
  const size = find('ImageScale') ?? empty;
  const loaded = find('LoadImage');
  if (!loaded)
    return { count, prefix, widthPx: Number(size?.width), heightPx: Number(size?.height) };
  try {
    const image = sharp(fileOf(toText(loaded.image, '')));
    const { width, height } = await image.metadata();
    await image.stats();
    const factor = find('ImageUpscaleWithModel') ? 4 : 1;
    const widthPx = Number(size?.width ?? width * factor);
    return { count, prefix, widthPx, heightPx: Number(size?.height ?? height * factor) };
  } catch {
    return null;
  }
}

function nodeOf(graph: Graph, type: string): string {
  const found = Object.entries(graph).find(([, { class_type }]) => class_type === type);
  return found?.[0] ?? '1';
}

function toNumbers(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [at, number] of numbers.entries()) bytes.writeUInt32BE(number, at * 4);
  return bytes;
}
