import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { AZURE_FILTER_RESULTS, readAzureRoute } from './azure-image-route.js';
import { checkFiles, toRefusal } from './check-simulated-files.js';
import {
  countUsage,
  type ImageFields,
  isLegacy,
  readFields,
  type Refusal,
  toText,
} from './openai-image-rules.js';
import { readStreaming, sendImageStream } from './openai-image-stream.js';
import { answerOpenaiText, isTextPath, toTextPrompt } from './openai-text.simulator.js';
import { readSimulatedBody, type SimulatedBody } from './read-simulated-body.js';
import type { SimulatedCall } from './simulated-call.js';
import {
  type FixtureName,
  isFixtureName,
  sendFixture,
  sendJson,
  sendRefusal,
  sendSuccess,
} from './simulated-answers.js';
import { makeNoise, makePicture } from './simulator-picture.js';

export interface OpenaiSimulatorOptions {
  /** The only key it takes; null = any, or none. */
  apiKey?: string | null;
  /** Time before every answer. */
  delayMs?: number;
  port?: number;
  /** Names it does not know (any more): 404. */
  retiredModels?: readonly string[];
  /** What is deployed at its Azure addresses (`/openai/…`), by name; default: `our-pictures`. */
  deployments?: Readonly<Record<string, string>>;
}

/**
 * A fixture's name; a fault of the connection or a success that lies; or `slow=MS`. `noise`: a valid picture of many
 * bytes; `stream_…`: see sendImageStream; `no_stream`: one answer where a stream was asked for; `url_answer`: links where
 * base64 is documented; `metadata_url`: the last of them leads to the cloud's secrets;
 * `echo_key`: a refusal that repeats the credential.
 */
export type SimulatorFault =
  | FixtureName
  | 'hang'
  | 'cut'
  | 'cut_body'
  | 'drip'
  | 'fewer_images'
  | 'more_images'
  | 'no_usage'
  | 'wild_usage'
  | 'noise'
  | 'url_answer'
  | 'metadata_url'
  | 'echo_key'
  | 'stream_cut'
  | 'stream_error'
  | 'stream_end'
  | 'stream_slow'
  | 'no_stream'
  | `slow=${number}`;

const MARKER = /\[sim:([a-z_]+(?:=\d+)?)\]/;
const DEPLOYMENTS = { 'our-pictures': 'gpt-image-2' };
const KEPT_CALLS_MAX = 5_000;
/** Where clouds keep the credentials of a machine: no answer may lead there. */
const METADATA_URL = 'http://169.254.169.254/latest/meta-data/iam/security-credentials/';
const MODELS =
  /^(?:gpt-image-(?:1\.5|1-mini|1|2(?:\.[56]-(?:sunburst|flare))?)|chatgpt-image-latest|dall-e-[23])$/;

/**
 * OpenAI's images API on a local port: real pictures, real refusals, usage by the published formula. A request is made
 * to fail by `failNext`, by `POST /__simulator/faults {"fault", "times"}`, or by a marker in its prompt: `[sim:quota]`,
 * `[sim:slow=500]`. Counts and keeps what reached it.
 */
export class OpenaiSimulator {
  readonly calls: SimulatedCall[] = [];
  callCount = 0;
  /** Highest number of requests that were being answered at the same moment. */
  concurrencyMax = 0;
  private concurrency = 0;
  private faults: SimulatorFault[] = [];
  private server: Server | null = null;
  private nextFile = 0;
  private readonly fileBytes = new Map<string, { bytes: Buffer; format: string }>();

  constructor(private readonly options: OpenaiSimulatorOptions = {}) {}

  static async start(options: OpenaiSimulatorOptions = {}): Promise<OpenaiSimulator> {
    const simulator = new OpenaiSimulator(options);
    await simulator.listen();
    return simulator;
  }

  get origin(): string {
    const address = this.server?.address() ?? null;
    if (address === null || typeof address === 'string') throw new Error('not started');
    return `http://127.0.0.1:${address.port}`;
  }

  /** What a connection's base URL is set to. */
  get baseUrl(): string {
    return `${this.origin}/v1`;
  }

  /** The next requests fail like this, before prompts are looked at. */
  failNext(fault: SimulatorFault, times = 1): void {
    for (let count = 0; count < times; count += 1) this.faults.push(fault);
  }

  reset(): void {
    this.calls.length = 0;
    this.callCount = 0;
    this.concurrencyMax = 0;
    this.faults = [];
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    this.server = null;
  }

  private async listen(): Promise<void> {
    const server = createServer((request, response) => {
      this.handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.options.port ?? 0, '127.0.0.1', resolve);
    });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://simulator').pathname;
    if (path.startsWith('/files/')) return this.sendFile(path, response);
    if (path.startsWith('/__simulator/')) return this.control(path, request, response);
    this.concurrency += 1;
    this.concurrencyMax = Math.max(this.concurrencyMax, this.concurrency);
    response.once('close', () => (this.concurrency -= 1));
    const body = await readSimulatedBody(request);
    const prompt = isTextPath(path) ? toTextPrompt(body) : toText(body?.fields.prompt, '');
    const planned = this.faults.shift() ?? null;
    const marked = MARKER.exec(prompt)?.[1] ?? null;
    // What is slow may fail in the end as its prompt says.
    const fault = planned?.startsWith('slow=') ? (marked ?? planned) : (planned ?? marked);
    this.record(request, path, body, fault ?? 'success');
    const slowMs = Number(/^slow=(\d+)$/.exec(planned ?? fault ?? '')?.[1] ?? 0);
    const delayMs = (this.options.delayMs ?? 0) + slowMs;
    if (delayMs > 0) await wait(delayMs);
    await this.answer(path, request, response, body, fault);
  }

  private async answer(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    body: SimulatedBody | null,
    fault: string | null,
  ): Promise<void> {
    if (fault === 'hang') return;
    if (fault === 'cut') return void response.destroy();
    if (fault === 'echo_key') return sendRefusal(response, toKeyEcho(request));
    const keyFault = this.checkKey(request);
    if (isTextPath(path) && !keyFault) {
      return answerOpenaiText({ request, response, path, body, fault });
    }
    const azure = readAzureRoute(request, body, this.options.deployments ?? DEPLOYMENTS);
    if (keyFault) return sendFixture(response, azure === null ? keyFault : 'azure_bad_key');
    if (isFixtureName(fault)) return sendFixture(response, fault);
    if (typeof azure === 'string') return sendFixture(response, azure);
    await this.make(response, azure ?? { path, body }, { fault, isAzure: azure !== null });
  }

  private async make(
    response: ServerResponse,
    { path, body }: { path: string; body: SimulatedBody | null },
    { fault, isAzure }: { fault: string | null; isAzure: boolean },
  ): Promise<void> {
    const isEdit = path === '/v1/images/edits';
    if (!isEdit && path !== '/v1/images/generations')
      return sendFixture(response, 'html_not_found');
    if (!body) return sendRefusal(response, toRefusal('We could not parse the JSON body.', null));
    const read = readFields({ ...body.fields, ...toFileFields(body) }, isEdit);
    if ('refusal' in read) return sendRefusal(response, read.refusal);
    const { fields } = read;
    if (!MODELS.test(fields.model) || this.isRetired(fields.model)) {
      return sendFixture(response, 'model_not_found');
    }
    const refusal = isEdit ? await checkFiles(body) : null;
    if (refusal) return sendRefusal(response, refusal);
    const { isStream, partials } = readStreaming(body);
    if (isStream && fault !== 'no_stream') {
      const inputs = body.files.filter((file) => file.field !== 'mask').length;
      const usage = countUsage(fields, inputs);
      return sendImageStream(response, { fields, isEdit, usage, fault }, partials);
    }
    await this.succeed(response, { ...fields, isAzure }, body, fault);
  }

  private async succeed(
    response: ServerResponse,
    fields: ImageFields & { isAzure: boolean },
    body: SimulatedBody,
    fault: string | null,
  ): Promise<void> {
    const count = fields.n + (fault === 'more_images' ? 1 : fault === 'fewer_images' ? -1 : 0);
    const [width = 0, height = 0] = fields.size.split('x').map(Number);
    const pictures: Buffer[] = [];
    for (let index = 0; index < count; index += 1) {
      const subject = `${fields.prompt}#${index}`;
      pictures.push(
        fault === 'noise'
          ? await makeNoise(width, height)
          : await makePicture(subject, width, height, fields.outputFormat),
      );
    }
    const legacy = isLegacy(fields.model);
    const inputs = body.files.filter((file) => file.field !== 'mask').length;
    const answer = {
      created: Math.floor(Date.now() / 1000),
      ...(legacy
        ? {}
        : {
            background: fields.background,
            output_format: fields.outputFormat,
            quality: fields.quality,
            size: fields.size,
          }),
      data: pictures.map((bytes): object =>
        fault === 'url_answer' || fault === 'metadata_url'
          ? { url: this.keep(bytes, fields) }
          : this.toItem(bytes, fields, legacy),
      ),
      ...(legacy || fault === 'no_usage'
        ? {}
        : { usage: toUsage(countUsage({ ...fields, n: count }, inputs), fault) }),
    };
    if (fields.isAzure) {
      answer.data = answer.data.map((item) => ({ ...item, ...AZURE_FILTER_RESULTS }));
    }
    if (fault === 'metadata_url') answer.data.splice(-1, 1, { url: METADATA_URL });
    await sendSuccess(response, JSON.stringify(answer), fault);
  }

  private toItem(bytes: Buffer, fields: ImageFields, legacy: boolean): Record<string, string> {
    if (!legacy) return { b64_json: bytes.toString('base64') };
    const revised = { revised_prompt: `${fields.prompt}, in detail` };
    if (fields.responseFormat === 'b64_json')
      return { b64_json: bytes.toString('base64'), ...revised };
    return { url: this.keep(bytes, fields), ...revised };
  }

  /** A link under which the picture can be fetched, as the vendor's own storage gives out. */
  private keep(bytes: Buffer, { outputFormat }: ImageFields): string {
    const name = `/files/${(this.nextFile += 1)}.${outputFormat}`;
    this.fileBytes.set(name, { bytes, format: outputFormat });
    return `${this.origin}${name}?sig=simulated`;
  }

  private isRetired(model: string): boolean {
    return (this.options.retiredModels ?? ['gpt-image-1']).includes(model);
  }

  private checkKey(request: IncomingMessage): FixtureName | null {
    const { apiKey = null } = this.options;
    if (apiKey === null) return null;
    const given = request.headers['api-key'] ?? request.headers.authorization;
    if (given === undefined) return 'no_key';
    return given === apiKey || given === `Bearer ${apiKey}` ? null : 'bad_key';
  }

  private record(
    request: IncomingMessage,
    path: string,
    body: SimulatedBody | null,
    outcome: string,
  ): void {
    this.callCount += 1;
    this.calls.push({
      method: request.method ?? '',
      path,
      headers: { ...request.headers } as Record<string, string>,
      fields: body?.fields ?? {},
      files: body?.files ?? [],
      outcome,
    });
    if (this.calls.length > KEPT_CALLS_MAX) this.calls.shift();
  }

  private sendFile(path: string, response: ServerResponse): void {
    const file = this.fileBytes.get(path);
    if (!file) return void response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': `image/${file.format}`,
      'content-length': file.bytes.length,
    });
    response.end(file.bytes);
  }

  /** For tests in another process. */
  private async control(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (path === '/__simulator/faults' && request.method === 'POST') {
      const body = await readSimulatedBody(request);
      this.failNext(
        toText(body?.fields.fault, 'server_error') as SimulatorFault,
        Number(body?.fields.times ?? 1),
      );
    } else if (request.method === 'DELETE') this.reset();
    const calls = this.calls.map(({ files, ...call }) => ({ ...call, files: files.length }));
    sendJson(response, 200, { count: this.callCount, concurrency_max: this.concurrencyMax, calls });
  }
}

/** A refusal that gives the credential away to whoever shows or logs it. */
function toKeyEcho({ headers }: IncomingMessage): Refusal {
  const message = `Incorrect API key provided: ${headers.authorization}`;
  return { ...toRefusal(message, null), status: 401, code: 'invalid_api_key' };
}

function toFileFields(body: SimulatedBody): Record<string, string> {
  return Object.fromEntries(body.files.map((file) => [file.field, '(file)']));
}

/** `wild_usage`: more tokens than any picture takes. */
function toUsage<T extends object>(usage: T, fault: string | null): T {
  if (fault !== 'wild_usage') return usage;
  const output_tokens = 50_000_000;
  const output_tokens_details = { image_tokens: output_tokens, text_tokens: 0 };
  return { ...usage, output_tokens, output_tokens_details };
}
