import type { Clock } from '../../common/clock.js';
import { deliverBody } from '../shared/deliver-body.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import { toMultipartForm } from '../shared/multipart-form.js';
import type { ProviderExchange, ProviderHttp } from '../shared/provider-http.js';
import { requestJson } from '../shared/request-json.js';
import { dropRest, sendToVendor, type VendorRequest } from '../shared/send-to-vendor.js';
import { ConsumerFault } from '../shared/stream-image-json.js';
import type { ImageCall, ImageStatusCall, InputImage } from '../spec/image-call.js';
import {
  type JobEnd,
  parseAcceptance,
  parseHistory,
  parseQueuePlace,
  parseUpload,
  type QueuePlace,
  type SavedPicture,
} from './comfyui-image-api.js';
import type { ComfyuiJob } from './comfyui-job.js';
import { parseSocketMessage } from './comfyui-socket-message.js';
import { mapComfyuiError } from './map-comfyui-error.js';

const PICTURE_BYTES_MAX = 104_857_600;
const JSON_TYPE = { 'content-type': 'application/json' };

/** What was heard of a job while it ran. */
export interface Heard {
  isConnected: boolean;
  /** 0 to 1, of the step that runs; null = not told. */
  fraction: number | null;
}

/** The server as one call reaches it. Each method is one request, which is never repeated. All throw ProviderError. */
export class ComfyuiServer {
  constructor(
    private readonly http: ProviderHttp,
    private readonly clock: Clock,
    private readonly call: ImageCall | ImageStatusCall,
    /** Whether the server works for this call already. */
    private readonly isAccepted: boolean,
  ) {}

  /** @returns how the picture is named in a graph; @throws what reading it threw, unchanged */
  async upload(name: string, image: InputImage): Promise<string> {
    const form = toMultipartForm(
      { type: 'input', subfolder: 'atelier', overwrite: 'true' },
      { image: { ...image, name } },
    );
    return this.ask('upload/image', parseUpload, {
      headers: { 'content-type': form.contentType },
      body: form.body,
    });
  }

  /** @returns the id under which the server knows the job */
  async order(id: string, graph: object): Promise<string> {
    const body = JSON.stringify({
      prompt: graph,
      prompt_id: id,
      client_id: id,
      extra_data: { preview_method: 'auto' },
    });
    return this.ask('prompt', parseAcceptance, { headers: JSON_TYPE, body });
  }

  /** Null = it has not ended, or is not known. */
  async findEnd(promptId: string): Promise<JobEnd | null> {
    const { end } = await this.ask(`history/${promptId}`, (value) => {
      const read = parseHistory(value, promptId);
      return read === undefined ? null : { end: read };
    });
    return end;
  }

  async findPlace(promptId: string): Promise<QueuePlace> {
    return this.ask('queue', (value) => parseQueuePlace(value, promptId));
  }

  /** Listens until the job has ended or the time is over. What goes wrong is only that nothing was heard. */
  async listen({ promptId, clientId }: ComfyuiJob, timeoutMs: number): Promise<Heard> {
    const heard: Heard = { isConnected: false, fraction: null };
    const report = 'onProgress' in this.call ? this.call.onProgress?.bind(this.call) : undefined;
    heard.isConnected = await this.http.listen(
      {
        url: this.toUrl(`ws?${new URLSearchParams({ clientId }).toString()}`),
        headers: this.toHeaders(),
        signal: this.call.signal,
        timeoutMs,
        onMessage: (message) => {
          const news = parseSocketMessage(message, promptId);
          if (news?.kind === 'progress') heard.fraction = news.fraction;
          if (news?.kind === 'progress') report?.({ fraction: heard.fraction });
          if (news?.kind === 'preview') {
            const { mediaType, bytes } = news;
            report?.({ fraction: heard.fraction, preview: { mediaType, bytes } });
          }
          return news?.kind === 'ended';
        },
      },
      this.call.credential,
    );
    return heard;
  }

  /** Hands on one picture while it comes. @throws what `deliver` threw, unchanged */
  async deliver(index: number, picture: SavedPicture, preview: string | null): Promise<void> {
    const { filename, subfolder, type } = picture;
    const query = new URLSearchParams({ filename, subfolder, type });
    if (preview !== null) query.set('preview', preview);
    await this.attempt(async (exchange) => {
      const response = await sendToVendor(exchange, this.toRequest(`view?${query.toString()}`));
      try {
        await deliverBody(response, PICTURE_BYTES_MAX, (bytes) =>
          this.call.deliver({ index, kind: 'bytes', bytes }),
        );
      } finally {
        dropRest(response);
      }
    });
  }

  async removeFromQueue(promptId: string): Promise<void> {
    await this.post('queue', { delete: [promptId] });
  }

  /** Older servers stop whatever runs: ask `findPlace` first. */
  async interrupt(promptId: string): Promise<void> {
    await this.post('interrupt', { prompt_id: promptId });
  }

  /** The answer of these is empty. */
  private async post(path: string, document: object): Promise<void> {
    const request = { headers: JSON_TYPE, body: JSON.stringify(document) };
    await this.attempt(async (exchange) => {
      dropRest(await sendToVendor(exchange, this.toRequest(path, request)));
    });
  }

  /** @param read null = it is no such answer */
  private ask<T>(
    path: string,
    read: (value: unknown) => T | null,
    request?: Pick<VendorRequest, 'headers' | 'body'>,
  ): Promise<T> {
    return this.attempt(async (exchange) => {
      const answer = read(await requestJson(exchange, this.toRequest(path, request)));
      if (answer === null) throw new MalformedAnswerError(`no answer to ${path}`);
      return answer;
    });
  }

  private async attempt<T>(run: (exchange: ProviderExchange) => Promise<T>): Promise<T> {
    const exchange = this.http.open(this.call.credential);
    try {
      return await run(exchange);
    } catch (error) {
      // Whoever stores or supplies pictures knows best what went wrong there: it is not the server's fault.
      if (error instanceof ConsumerFault) throw error.cause;
      if (exchange.uploadFault !== null) throw exchange.uploadFault;
      const { call, clock, isAccepted } = this;
      throw mapComfyuiError(error, call, exchange, clock.now(), isAccepted);
    }
  }

  private toRequest(
    path: string,
    { headers, body }: Pick<VendorRequest, 'headers' | 'body'> = { headers: {} },
  ): VendorRequest {
    const { signal } = this.call;
    return { url: this.toUrl(path), headers: { ...this.toHeaders(), ...headers }, body, signal };
  }

  private toHeaders(): Record<string, string> {
    const { apiKey } = this.call.credential;
    return apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
  }

  private toUrl(path: string): string {
    return `${this.call.credential.baseUrl?.replace(/\/+$/, '') ?? ''}/${path}`;
  }
}
