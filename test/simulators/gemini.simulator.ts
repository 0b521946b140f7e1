import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type GeminiChatLie,
  type GeminiEmbeddingLie,
  sendGeminiChat,
  sendGeminiEmbeddings,
} from './gemini-chat-answers.js';
import { knowsGeminiChat, knowsGeminiEmbedding, readGeminiChat } from './gemini-chat-rules.js';
import fixtures from './fixtures/gemini-image.json' with { type: 'json' };
import {
  countGoogleUsage,
  type DrawOrder,
  type GoogleRefusal,
  isKnownModel,
  readGenerateContent,
  readPredict,
} from './gemini-image-rules.js';
import type { SimulatedBody } from './read-simulated-body.js';
import { makePicture, type PictureFormat } from './simulator-picture.js';
import {
  type Fixture,
  playFixture,
  sendBytes,
  type SimulatedExchange,
  VendorSimulator,
  type VendorSimulatorOptions,
} from './vendor-simulator.js';

const FIXTURES: Readonly<Record<string, Fixture>> = fixtures;

/**
 * A fixture's name, or a success that lies. `drafts`: pictures that were drawn while thinking come first, marked behind
 * their data; `large_signature`: megabytes that nobody needs beside the picture.
 */
export type GeminiFault =
  | keyof typeof fixtures
  | 'drafts'
  | 'large_signature'
  | 'no_usage'
  | 'fewer_images'
  | 'more_images'
  | 'echo_key'
  | GeminiChatLie
  | GeminiEmbeddingLie;

export interface GeminiSimulatorOptions extends VendorSimulatorOptions {
  /** Whether Imagen is still served, as by older servers; Google itself answers 404. */
  servesImagen?: boolean;
}

const PATH =
  /^\/(?:v1|v1beta)\/models\/([^/:]+):(generateContent|streamGenerateContent|batchEmbedContents|predict)$/;
const MODELS_PATH = /^\/(?:v1|v1beta)\/models(?:\/([^/:]+))?$/;
/** Of all kinds, as the vendor lists them. */
const LISTED = ['gemini-4-argon', 'gemini-3.8-flash', 'gemini-3-pro-image', 'gemini-embedding-001'];
const IMAGEN = /^imagen-4\.0-(?:fast-|ultra-)?generate-001$/;
const THOUGHTS_TOKENS = 210;
const SIGNATURE_BYTES = 3_000_000;

/** Google's Gemini API on a local port: real pictures, its own refusals, usage by the published figures. */
export class GeminiSimulator extends VendorSimulator<GeminiFault> {
  constructor(protected override readonly options: GeminiSimulatorOptions = {}) {
    super(options);
  }

  static start(options: GeminiSimulatorOptions = {}): Promise<GeminiSimulator> {
    return new GeminiSimulator(options).listen();
  }

  get baseUrl(): string {
    return `${this.origin}/v1beta`;
  }

  protected promptOf(body: SimulatedBody | null): string {
    const { contents, instances, requests } = body?.fields ?? {};
    // Markers are looked for in the texts alone: base64 has no brackets.
    return JSON.stringify(contents ?? instances ?? requests ?? '').slice(0, 20_000);
  }

  protected async answer({ request, response, path, body, fault }: SimulatedExchange) {
    if (fault === 'echo_key') return sendError(response, toKeyEcho(request));
    const keyFault = this.checkKey(request);
    if (keyFault) return playFixture(response, keyFault);
    const fixture = fault === null ? undefined : FIXTURES[fault];
    if (fixture) return playFixture(response, fixture);
    const [, model = '', verb] = PATH.exec(path) ?? [];
    const [isListing, listed] = MODELS_PATH.exec(path) ?? [];
    if (isListing && request.method === 'GET') return sendModels(response, listed ?? null);
    if (!verb || request.method !== 'POST') return playFixture(response, fixtures.html_not_found);
    if (verb === 'batchEmbedContents' || knowsGeminiChat(model)) {
      return this.answerText({ request, response, path, body, fault });
    }
    const isImagen = this.options.servesImagen === true && IMAGEN.test(model);
    if (verb === 'predict' ? !isImagen : verb !== 'generateContent' || !isKnownModel(model)) {
      return playFixture(response, fixtures.model_not_found);
    }
    if (!body) return sendError(response, toInvalid('Invalid JSON payload received.'));
    if (verb === 'predict') return this.predict(response, body, fault);
    const read = await readGenerateContent(model, body.fields);
    if ('refusal' in read) return sendError(response, read.refusal);
    await this.generate(response, model, read.order, fault);
  }

  /** Chat and embeddings. */
  private answerText({ request, response, path, body, fault }: SimulatedExchange): void {
    const [, model = '', verb] = PATH.exec(path) ?? [];
    const isKnown = verb === 'batchEmbedContents' ? knowsGeminiEmbedding : knowsGeminiChat;
    if (verb === 'predict' || !isKnown(model))
      return playFixture(response, fixtures.model_not_found);
    if (!body) return sendError(response, toInvalid('Invalid JSON payload received.'));
    if (verb === 'batchEmbedContents') {
      const refused = sendGeminiEmbeddings(response, model, body.fields, fault);
      return refused === null ? undefined : sendError(response, toInvalid(refused));
    }
    const read = readGeminiChat(model, body.fields);
    if ('refusal' in read) return sendError(response, read.refusal);
    const isStream = verb === 'streamGenerateContent';
    const query = new URL(request.url ?? '/', 'http://simulator').searchParams;
    if (isStream && query.get('alt') !== 'sse') {
      return sendError(response, toInvalid('The simulator streams events only.'));
    }
    sendGeminiChat(response, { model, isStream, order: read.order }, fault);
  }

  private async generate(
    response: ServerResponse,
    model: string,
    order: DrawOrder,
    fault: string | null,
  ): Promise<void> {
    if (!order.hasPicture) return playFixture(response, fixtures.text_only);
    // The large model is known for jpeg, the others for png.
    const format = model === 'gemini-3-pro-image' ? 'jpeg' : 'png';
    const signature = fault === 'large_signature' ? randomBytes(SIGNATURE_BYTES) : Buffer.from('s');
    const picture = {
      ...(await this.draw(order, format)),
      thoughtSignature: signature.toString('base64'),
    };
    const drafts =
      fault === 'drafts'
        ? [
            { text: 'A fox, then snow.', thought: true },
            { ...(await this.draw(order, format)), thought: true },
            { thought: true, ...(await this.draw(order, format)) },
          ]
        : [];
    const parts = [...drafts, { text: 'Here it is: [{"data":"' }, picture];
    const thoughts = fault === 'drafts' ? THOUGHTS_TOKENS : 0;
    await sendJson(response, fault, {
      candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP', index: 0 }],
      ...(fault === 'no_usage' ? {} : { usageMetadata: countGoogleUsage(order, thoughts) }),
      modelVersion: model,
      responseId: `sim-${this.callCount}`,
    });
  }

  private async draw(order: DrawOrder, format: PictureFormat) {
    const subject = `${order.prompt}#${(this.picturesMade += 1)}`;
    const bytes = await makePicture(subject, order.widthPx, order.heightPx, format);
    return { inlineData: { mimeType: `image/${format}`, data: bytes.toString('base64') } };
  }

  private async predict(
    response: ServerResponse,
    body: SimulatedBody,
    fault: string | null,
  ): Promise<void> {
    const read = readPredict(body.fields);
    if ('refusal' in read) return sendError(response, read.refusal);
    const { order, mimeType } = read;
    const format = mimeType === 'image/jpeg' ? 'jpeg' : 'png';
    const predictions: object[] = [];
    const count = read.count + (fault === 'more_images' ? 1 : fault === 'fewer_images' ? -1 : 0);
    while (predictions.length < count) {
      const { inlineData } = await this.draw(order, format);
      predictions.push({ mimeType, bytesBase64Encoded: inlineData.data });
    }
    await sendJson(response, fault, { predictions });
  }

  private checkKey(request: IncomingMessage): Fixture | null {
    const { apiKey = null } = this.options;
    if (apiKey === null) return null;
    const query = new URL(request.url ?? '/', 'http://simulator').searchParams.get('key');
    const bearer = request.headers.authorization?.replace(/^Bearer /, '');
    const given = request.headers['x-goog-api-key'] ?? query ?? bearer;
    if (given === undefined) return fixtures.no_key;
    return given === apiKey ? null : fixtures.bad_key;
  }
}

function sendJson(response: ServerResponse, fault: string | null, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json; charset=UTF-8' };
  // The vendor indents its answers.
  return sendBytes(response, headers, Buffer.from(JSON.stringify(body, null, 2)), fault);
}

function sendError(response: ServerResponse, { field, ...error }: GoogleRefusal): void {
  const type = 'type.googleapis.com/google.rpc.BadRequest';
  const fieldViolations = [{ field, description: error.message }];
  const details = field ? { details: [{ '@type': type, fieldViolations }] } : {};
  response.writeHead(error.code, { 'content-type': 'application/json; charset=UTF-8' });
  response.end(JSON.stringify({ error: { ...error, ...details } }));
}

function toInvalid(message: string): GoogleRefusal {
  return { code: 400, status: 'INVALID_ARGUMENT', message };
}

/** A refusal that gives the credential away to whoever shows or logs it. */
function toKeyEcho({ headers }: IncomingMessage): GoogleRefusal {
  const message = `API key not valid: ${String(headers['x-goog-api-key'])}`;
  return { code: 403, status: 'PERMISSION_DENIED', message };
}

function sendModels(response: ServerResponse, name: string | null): void {
  const models = LISTED.map((model) => ({ name: `models/${model}`, displayName: model }));
  const found = models.find((model) => model.name === `models/${name}`);
  if (name !== null && !found) return playFixture(response, fixtures.model_not_found);
  response.writeHead(200, { 'content-type': 'application/json; charset=UTF-8' });
  response.end(JSON.stringify(found ?? { models }));
}
