import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import {
  checkModel,
  type Fields,
  OLLAMA_DIMENSIONS,
  OLLAMA_MODELS,
  type OllamaChatOrder,
  readOllamaChat,
  toModelName,
} from './ollama-rules.js';
import type { SimulatedBody } from './read-simulated-body.js';
import { embedText } from './simulated-chat.js';
import {
  type SimulatedExchange,
  VendorSimulator,
  type VendorSimulatorOptions,
} from './vendor-simulator.js';

/**
 * An answer of the server's that is no success, or a success that goes another way. `split`: lines broken anywhere;
 * `stall`: begins and never ends; `no_done`: a stream that just ends; `error_event`: a fault behind the first words;
 * `error_first`: a fault under the status of a success; `cached`: all of the prompt was read before.
 */
export type OllamaFault =
  | keyof typeof ERRORS
  | 'not_ollama'
  | 'redirect'
  | 'split'
  | 'stall'
  | 'no_done'
  | 'error_event'
  | 'error_first'
  | 'cached'
  | 'no_usage'
  | 'wild_usage'
  | 'bad_json'
  | 'too_long'
  | 'too_few'
  | 'uneven'
  | 'not_finite'
  | 'echo_key';

const ERRORS = {
  unauthorized: [401, 'unauthorized'],
  no_credit: [402, 'this model requires a subscription, upgrade for access'],
  forbidden: [403, 'this model is not available to your account'],
  not_found: [404, "model 'llama9' not found"],
  bad_request: [400, 'missing request body'],
  rate_limited: [429, 'you have reached your hourly usage limit'],
  left: [499, 'request canceled'],
  crashed: [500, 'llama runner process has terminated: exit status 2'],
  wrong_option: [500, 'option "temperature" must be of type float32'],
  busy: [503, 'server busy, please try again.  maximum pending requests exceeded'],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

const FAULT_LINE = { error: 'an error was encountered while running the model: unexpected EOF' };
const CREATED_AT = '2026-11-21T08:00:00.1Z';
const TOO_LONG_BYTES = 17_000_000;
const TOO_LONG_EMBED_BYTES = 68_000_000;
const SPLIT_BYTES = 7;

/** An Ollama server on a local port. */
export class OllamaSimulator extends VendorSimulator<OllamaFault> {
  static start(options: VendorSimulatorOptions = {}): Promise<OllamaSimulator> {
    return new OllamaSimulator(options).listen();
  }

  /** What a model says in place of what it heard, where a test wants words of its own. */
  retell: (order: OllamaChatOrder, body: Fields) => OllamaChatOrder = (order) => order;

  get baseUrl(): string {
    return this.origin;
  }

  protected promptOf(body: SimulatedBody | null): string {
    return JSON.stringify(body?.fields.messages ?? body?.fields.input ?? '').slice(0, 20_000);
  }

  protected async answer({ request, response, path, body, fault }: SimulatedExchange) {
    const { apiKey = null } = this.options;
    if (fault === 'echo_key') return sendError(response, 401, request.headers.authorization ?? '');
    if (fault === 'not_ollama') return void response.writeHead(404).end('404 page not found');
    if (fault === 'redirect') return void response.writeHead(302, { location: '/' }).end();
    if (apiKey !== null && request.headers.authorization !== `Bearer ${apiKey}`) {
      return sendError(response, ...ERRORS.unauthorized);
    }
    if (fault !== null && Object.hasOwn(ERRORS, fault)) {
      const [status, error] = ERRORS[fault as keyof typeof ERRORS];
      return sendError(response, status, error);
    }
    if (request.method === 'GET') return sendFacts(request, response);
    if (!body) return sendError(response, ...ERRORS.bad_request);
    if (path === '/api/show') return sendModel(response, body.fields);
    if (path === '/api/embed') return sendEmbeddings(response, body.fields, fault);
    if (path !== '/api/chat') return void response.writeHead(404).end('404 page not found');
    const read = readOllamaChat(body.fields);
    if ('refusal' in read) return sendError(response, read.refusal.status, read.refusal.error);
    const order = this.retell(read.order, body.fields);
    if (body.fields.stream === false) return sendWhole(response, body.fields, order, fault);
    await sendStream(response, body.fields, order, fault);
  }
}

function sendWhole(
  response: ServerResponse,
  fields: Fields,
  order: OllamaChatOrder,
  fault: string | null,
): void {
  const { words, call } = order.reply;
  const message = {
    role: 'assistant',
    content: words.join(''),
    ...(order.thinks ? { thinking: 'They greet me.' } : {}),
    ...(call ? { tool_calls: [toToolCall(call)] } : {}),
  };
  const whole = { ...toLine(fields, message), ...toEnd(order, fault) };
  const text = JSON.stringify(fault === 'error_first' ? FAULT_LINE : whole);
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  if (fault === 'too_long') return void response.end(text.padEnd(TOO_LONG_BYTES));
  if (fault === 'cut_body') {
    return void response.write(text.slice(0, text.length / 2), () => response.destroy());
  }
  response.end(fault === 'bad_json' ? text.slice(0, -9) : text);
}

async function sendStream(
  response: ServerResponse,
  fields: Fields,
  order: OllamaChatOrder,
  fault: string | null,
): Promise<void> {
  const { words, call } = order.reply;
  const say = (message: object) => toLine(fields, { role: 'assistant', content: '', ...message });
  const lines: object[] = [
    ...(order.thinks ? [say({ thinking: 'They ' }), say({ thinking: 'greet me.' })] : []),
    ...words.map((content) => say({ content })),
    ...(call ? [say({ tool_calls: [toToolCall(call)] })] : []),
    { ...say({}), ...toEnd(order, fault) },
  ];
  const write = (ones: readonly object[]) => ones.map((one) => `${JSON.stringify(one)}\n`).join('');
  const halfway = write(lines.slice(0, Math.ceil(lines.length / 2)));
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  if (fault === 'stall') return void response.write(halfway);
  if (fault === 'cut_body') return void response.write(halfway, () => response.destroy());
  if (fault === 'error_event') return void response.end(halfway + write([FAULT_LINE]));
  if (fault === 'error_first') return void response.end(write([FAULT_LINE]));
  if (fault === 'bad_json') return void response.end(`${halfway}{"model": "x", \n`);
  if (fault === 'no_done') return void response.end(write(lines.slice(0, -1)));
  if (fault !== 'split') return void response.end(write(lines));
  const bytes = Buffer.from(write(lines));
  for (let at = 0; at < bytes.length; at += SPLIT_BYTES) {
    response.write(bytes.subarray(at, at + SPLIT_BYTES));
    await wait(0);
  }
  response.end();
}

function toLine({ model }: Fields, message: object): object {
  return { model, created_at: CREATED_AT, message, done: false };
}

function toEnd({ reply, isLoad }: OllamaChatOrder, fault: string | null): object {
  const reason = reply.finish === 'length' ? 'length' : 'stop';
  if (isLoad) return { done: true, done_reason: 'load' };
  const counts = {
    // Left out when nothing of the prompt had to be read.
    ...(fault === 'cached' ? {} : { prompt_eval_count: reply.inputTokens }),
    prompt_eval_duration: 80_000_000,
    eval_count: fault === 'wild_usage' ? 1.5 : reply.outputTokens,
    eval_duration: 700_000_000,
  };
  return {
    done: true,
    done_reason: reason,
    total_duration: 900_000_000,
    load_duration: 40_000_000,
    ...(fault === 'no_usage' ? {} : counts),
  };
}

/** Arguments are an object here. */
function toToolCall({ id, name, input }: NonNullable<OllamaChatOrder['reply']['call']>): object {
  return { id: `call_${id.slice(0, 8)}`, function: { index: 0, name, arguments: input } };
}

function sendEmbeddings(response: ServerResponse, fields: Fields, fault: string | null): void {
  const refusal = checkModel(fields, 'embedding');
  if (refusal) return sendError(response, refusal.status, refusal.error);
  const inputs = Array.isArray(fields.input) ? fields.input : [fields.input];
  if (inputs.some((input) => typeof input !== 'string')) {
    return sendError(response, 400, 'invalid input type');
  }
  const length = Number(fields.dimensions ?? OLLAMA_DIMENSIONS[toModelName(fields.model)]);
  const vectors = inputs.map((input) => [...embedText(String(input), length)]);
  if (fault === 'uneven') vectors[0]?.pop();
  if (fault === 'too_few') vectors.pop();
  const counted = fault === 'wild_usage' ? -1 : inputs.length * 5;
  const text = JSON.stringify({
    model: fields.model,
    embeddings: vectors,
    total_duration: 14_000_000,
    load_duration: 1_000_000,
    ...(fault === 'no_usage' ? {} : { prompt_eval_count: counted }),
  });
  const wrong = fault === 'not_finite' ? text.replace(/-?\d\.\d+/, '1e999') : text;
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  if (fault === 'too_long') return void response.end(text.padEnd(TOO_LONG_EMBED_BYTES));
  if (fault === 'cut_body') {
    return void response.write(text.slice(0, text.length / 2), () => response.destroy());
  }
  response.end(fault === 'bad_json' ? text.slice(0, -9) : wrong);
}

function sendFacts({ url }: IncomingMessage, response: ServerResponse): void {
  if (url === '/') return void response.end('Ollama is running');
  if (url === '/api/version') return sendJson(response, { version: '0.33.0' });
  if (url !== '/api/tags') return void response.writeHead(404).end('404 page not found');
  const models = Object.keys(OLLAMA_MODELS).map((name) => ({
    name: name.includes(':') ? name : `${name}:latest`,
    model: name.includes(':') ? name : `${name}:latest`,
    modified_at: CREATED_AT,
    size: 13_780_173_724,
    digest: 'aa4295ac10c3afb60e6d711289fc6896f5aef82258997b9efdaed6d0cc4cd8b8',
    details: { parent_model: '', format: 'gguf', family: 'sim', quantization_level: 'MXFP4' },
    capabilities: OLLAMA_MODELS[name],
  }));
  sendJson(response, { models });
}

function sendModel(response: ServerResponse, { model }: Fields): void {
  const capabilities = OLLAMA_MODELS[toModelName(model)];
  if (!capabilities) return sendError(response, 404, `model '${toModelName(model)}' not found`);
  sendJson(response, { details: {}, model_info: {}, capabilities, modified_at: CREATED_AT });
}

function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

function sendError(response: ServerResponse, status: number, error: string): void {
  const signin = status === 401 ? { signin_url: 'https://ollama.com/connect' } : {};
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    ...(status === 429 ? { 'retry-after': '30' } : {}),
  });
  response.end(JSON.stringify({ error, ...signin }));
}
