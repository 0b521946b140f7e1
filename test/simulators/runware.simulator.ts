import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import sharp from 'sharp';
import { type WebSocket, WebSocketServer } from 'ws';
import fixtures from './fixtures/runware-image.json' with { type: 'json' };
import { toText } from './openai-image-rules.js';
import type { SimulatedBody } from './read-simulated-body.js';
import {
  hasTaskId,
  readRunwareTask,
  type RunwareOrder,
  type RunwareRefusal,
  type RunwareTask,
} from './runware-image-rules.js';
import type { SimulatedCall } from './simulated-call.js';
import { makePicture } from './simulator-picture.js';
import {
  type Fixture,
  playFixture,
  sendBytes,
  type SimulatedExchange,
  VendorSimulator,
  type VendorSimulatorOptions,
} from './vendor-simulator.js';

const FIXTURES: Readonly<Record<string, Fixture>> = fixtures;
/** How a task may end, by the fault of its order: an error instead of one picture, or of all. */
const ERRORS: Readonly<Record<string, string>> = {
  late_moderation: 'nsfwContentDetected',
  provider_content: 'invalidProviderContent',
  inference_error: 'inferenceError',
  provider_timeout: 'timeoutProvider',
  lost_task: 'taskFailedOrNotFound',
  no_server: 'noAvailableServer',
  unknown_code: 'somethingNew',
};
const COST = 0.0013;
const POLL_MS = 2;

/**
 * A fixture's name; an end of a task (see ERRORS); `one_lost`: all but the first fail; `one_unsafe`, `all_unsafe`: flagged
 * as not fit to be shown; `more`: one too many; `no_cost`: none told; `sync`: an answer at once, whatever was asked;
 * `fault_status`: the end is told with status 400; `error_item`: told among the results; `echo_key`.
 */
export type RunwareFaultName =
  | keyof typeof fixtures
  | 'late_moderation'
  | 'provider_content'
  | 'inference_error'
  | 'provider_timeout'
  | 'lost_task'
  | 'no_server'
  | 'unknown_code'
  | 'one_lost'
  | 'one_unsafe'
  | 'all_unsafe'
  | 'more'
  | 'no_cost'
  | 'sync'
  | 'fault_status'
  | 'error_item'
  | 'echo_key';

export interface RunwareSimulatorOptions extends VendorSimulatorOptions {
  /** How long each task takes. */
  jobMs?: number;
}

interface Job {
  order: RunwareOrder;
  taskType: string;
  fault: string | null;
  startedAt: number;
  number: number;
  imageIds: string[];
}

interface Answer {
  data: object[];
  errors: object[];
}

/** Runware's v1 on a local port: lists of tasks over HTTP, and over a socket as its own package sends them. */
export class RunwareSimulator extends VendorSimulator<RunwareFaultName> {
  /** Tasks that were asked after since a test cleared it. */
  readonly asked = new Set<string>();
  /** Changed by tests: how long each task takes from now on. */
  jobMs: number;
  private readonly jobs = new Map<string, Job>();
  private readonly images = new Map<string, Buffer>();
  private readonly clients = new Set<WebSocket>();
  private readonly sockets = new WebSocketServer({ noServer: true });

  private constructor(options: RunwareSimulatorOptions) {
    super(options);
    this.jobMs = options.jobMs ?? 0;
  }

  static start(options: RunwareSimulatorOptions = {}): Promise<RunwareSimulator> {
    return new RunwareSimulator(options).listen();
  }

  get baseUrl(): string {
    return `${this.origin}/v1`;
  }

  get socketUrl(): string {
    return this.baseUrl.replace('http', 'ws');
  }

  /** Requests for pictures, which are what costs money. */
  get orders(): SimulatedCall[] {
    return this.calls.filter(({ method, fields }) => {
      const type = toTasks(fields)[0]?.taskType;
      return method === 'POST' && type !== 'getResponse' && type !== 'imageUpload';
    });
  }

  override async listen(): Promise<this> {
    await super.listen();
    this.server?.on('upgrade', (request, socket, head) => {
      this.sockets.handleUpgrade(request, socket, head, (client) => this.serve(client));
    });
    return this;
  }

  override async stop(): Promise<void> {
    for (const client of this.clients) client.terminate();
    await super.stop();
  }

  protected promptOf(body: SimulatedBody | null): string {
    return toText(toTasks(body?.fields ?? {})[0]?.positivePrompt, '');
  }

  protected async answer(exchange: SimulatedExchange): Promise<void> {
    const { request, response, path, fault, body } = exchange;
    if (path.startsWith('/delivery/')) return this.deliver(exchange);
    const key = request.headers.authorization;
    if (fault === 'echo_key') {
      const errors = [{ code: 'invalidApiKey', message: `bad key ${String(key)}` }];
      return sendJson(response, 401, { errors });
    }
    const tasks = toTasks(body?.fields ?? {});
    const { apiKey = null } = this.options;
    const isKnown = tasks.some((task) => task.apiKey === apiKey) || key === `Bearer ${apiKey}`;
    if (apiKey !== null && !isKnown) return playFixture(response, fixtures.bad_key);
    const fixture = fault === null ? undefined : FIXTURES[fault];
    if (fixture) return playFixture(response, fixture);
    if (path !== '/v1') return playFixture(response, fixtures.not_found);
    if (request.method !== 'POST' || !Array.isArray(body?.fields)) {
      return playFixture(response, fixtures.not_array);
    }
    const whole: Answer = { data: [], errors: [] };
    for (const task of tasks) {
      const { data, errors } = await this.run(task, fault);
      whole.data.push(...data);
      whole.errors.push(...errors);
    }
    const isFailed = whole.errors.length > 0 && whole.data.length === 0;
    const told = whole.errors.length > 0 ? whole : { data: whole.data };
    const status = isFailed && tasks[0]?.taskType !== 'getResponse' ? 400 : this.statusOf(tasks);
    if (status !== 200) return sendJson(response, status, told);
    const bytes = Buffer.from(JSON.stringify(told));
    await sendBytes(response, { 'content-type': 'application/json' }, bytes, fault);
  }

  private statusOf([task]: readonly RunwareTask[]): number {
    const job = this.jobs.get(toText(task?.taskUUID, ''));
    return task?.taskType === 'getResponse' && job?.fault === 'fault_status' ? 400 : 200;
  }

  private async run(task: RunwareTask, fault: string | null): Promise<Answer> {
    const { taskType, taskUUID } = task;
    const refuse = ({ code, message, ...more }: RunwareRefusal): Answer => {
      return { data: [], errors: [{ code, message, ...more, taskUUID, taskType }] };
    };
    if (taskType === 'ping') return { data: [{ taskType, pong: true }], errors: [] };
    if (taskType === 'authentication') return { data: [], errors: [] };
    const id = toText(taskUUID, '');
    if (!hasTaskId(task)) return refuse({ code: 'invalidTaskUUID', message: 'not a UUIDv4' });
    if (taskType === 'getResponse') return this.tell(id);
    if (taskType === 'imageUpload') return this.keep(task, refuse);
    const order = await readRunwareTask(task, this.images);
    if ('code' in order) return refuse(order);
    const number = (this.picturesMade += 1);
    const imageIds = Array.from({ length: order.count + 1 }, () => randomUUID());
    const job = { order, taskType: toText(taskType, ''), fault, startedAt: Date.now(), number };
    this.jobs.set(id, { ...job, imageIds });
    if (order.isAsync && fault !== 'sync') return { data: [{ taskType, taskUUID }], errors: [] };
    while (!this.hasEnded(id)) await wait(POLL_MS);
    return this.tell(id);
  }

  private async keep(
    { taskType, taskUUID, image }: RunwareTask,
    refuse: (refusal: RunwareRefusal) => Answer,
  ): Promise<Answer> {
    const bytes = Buffer.from(toText(image, '').split(';base64,')[1] ?? '', 'base64');
    try {
      await sharp(bytes).stats();
    } catch {
      const message = 'The image could not be read.';
      return refuse({ code: 'invalidImage', message, parameter: 'image' });
    }
    const imageUUID = randomUUID();
    this.images.set(imageUUID, bytes);
    return { data: [{ taskType, taskUUID, imageUUID }], errors: [] };
  }

  private tell(taskUUID: string): Answer {
    this.asked.add(taskUUID);
    const job = this.jobs.get(taskUUID);
    if (!job) return { data: [], errors: [] };
    const { order, taskType, fault } = job;
    const pending = { taskType, taskUUID, status: 'processing', progress: 0.5 };
    if (!this.hasEnded(taskUUID)) {
      return { data: Array.from({ length: order.count }, () => pending), errors: [] };
    }
    const items = Array.from(
      { length: fault === 'more' ? order.count + 1 : order.count },
      (_, at) => this.toItem(taskUUID, job, at),
    );
    const toError = (code: string): object => ({
      code,
      message: code,
      taskUUID,
      taskType,
      status: 'error',
    });
    const code = ERRORS[fault ?? ''];
    if (code) return { data: [], errors: [toError(code)] };
    if (fault === 'fault_status') return { data: [], errors: [toError('inferenceError')] };
    if (fault === 'error_item') {
      const error = { code: 'inferenceError', message: 'out of memory' };
      return { data: [{ taskType, taskUUID, status: 'error', error }], errors: [] };
    }
    if (fault !== 'one_lost') return { data: items, errors: [] };
    return { data: items.slice(0, 1), errors: items.slice(1).map(() => toError('inferenceError')) };
  }

  private toItem(taskUUID: string, { order, taskType, fault, imageIds }: Job, at: number): object {
    const isUnsafe = fault === 'all_unsafe' || (fault === 'one_unsafe' && at === 0);
    return {
      taskType,
      taskUUID,
      status: 'success',
      imageUUID: imageIds[at],
      imageURL: `${this.origin}/delivery/${taskUUID}/${at}`,
      seed: order.seed + at,
      NSFWContent: isUnsafe,
      ...(order.hasCost && fault !== 'no_cost' && { cost: COST }),
    };
  }

  private hasEnded(taskUUID: string): boolean {
    const job = this.jobs.get(taskUUID);
    return !job || Date.now() >= job.startedAt + this.jobMs;
  }

  private async deliver({ response, path, fault }: SimulatedExchange): Promise<void> {
    const [, , id = '', at = ''] = path.split('/');
    const job = this.jobs.get(id);
    if (!job) return void response.writeHead(404).end();
    const { subject, widthPx, heightPx, format } = job.order;
    const picture = await makePicture(`${subject}#${job.number}.${at}`, widthPx, heightPx, format);
    await sendBytes(response, { 'content-type': `image/${format}` }, picture, fault);
  }

  /** First a key, then tasks; the results of one task come in frames of their own. */
  private serve(client: WebSocket): void {
    this.clients.add(client);
    let isKnown = false;
    const send = (body: object): void => client.send(JSON.stringify(body));
    client.on('message', (bytes: Buffer) => {
      const tasks = JSON.parse(bytes.toString('utf8')) as RunwareTask[];
      for (const task of tasks) {
        if (task.taskType === 'authentication') {
          isKnown = (this.options.apiKey ?? task.apiKey) === task.apiKey;
          const connectionSessionUUID = randomUUID();
          send(
            isKnown
              ? { data: [{ taskType: 'authentication', connectionSessionUUID }] }
              : fixtures.bad_key.body,
          );
        } else if (!isKnown) send(fixtures.bad_key.body);
        else {
          void this.run(task, null).then(({ data, errors }) => {
            for (const one of data) send({ data: [one] });
            if (errors.length > 0) send({ errors });
          });
        }
      }
    });
  }
}

/** The body is a list, which the base class takes for a record. */
function toTasks(fields: Readonly<Record<string, unknown>>): RunwareTask[] {
  return Array.isArray(fields) ? (fields as RunwareTask[]) : [];
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
