import type { Clock } from '../../common/clock.js';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { parseReference, toReference } from '../shared/job-order.js';
import { placePictures } from '../shared/job-pictures.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import { submitJobs } from '../shared/order-jobs.js';
import type { ProviderHttp } from '../shared/provider-http.js';
import { requestJson } from '../shared/request-json.js';
import type { ImageCall, ImageStatusCall, ProviderCredential } from '../spec/image-call.js';
import type { ImageCapabilities } from '../spec/image-model.js';
import type { ImageProviderStrategy } from '../spec/image-provider.strategy.js';
import type { ImageStatus, ImageSubmission } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import {
  convertToFashnImageRequest,
  type FashnImageRequest,
} from './convert-to-fashn-image-request.js';
import {
  type FashnAnswer,
  type FashnJob,
  parseAcceptance,
  parseAnswer,
  parseJob,
} from './fashn-image-api.js';
import { toFashnImageOptions } from './fashn-image-options.js';
import { mapFashnError, toJobError } from './map-fashn-error.js';
import { mapFashnImageResult } from './map-fashn-image-result.js';

const BASE_URL = 'https://api.fashn.ai/v1';
const STATUS_OK = 200;

/** FASHN: one prediction for all pictures of a call, asked after by its id. It cannot be told to stop. */
export class FashnProvider implements ImageProviderStrategy {
  readonly id = 'fashn';
  readonly specification = 'image/1';

  constructor(
    private readonly catalog: ModelCatalogService,
    private readonly http: ProviderHttp,
    private readonly clock: Clock,
  ) {}

  capabilities(modelId: string): ImageCapabilities | null {
    const model = this.catalog.findImageModel(modelId);
    return model?.provider === this.id ? model.capabilities : null;
  }

  assertOptions(providerOptions: Readonly<Record<string, unknown>>): void {
    toFashnImageOptions(providerOptions);
  }

  async submit(call: ImageCall): Promise<ImageSubmission> {
    const options = toFashnImageOptions(call.providerOptions);
    const model = this.catalog.findImageModel(call.model);
    if (model?.provider !== this.id) throw this.toUnknownModel(call);
    const request = convertToFashnImageRequest(call, model, options);
    const { warnings } = request;
    return submitJobs(this.id, call, {
      count: 1,
      order: () => this.order(call, request),
      toReference: (ordered) => toReference({ ...ordered, asked: call.n, warnings }),
    });
  }

  async status(call: ImageStatusCall): Promise<ImageStatus> {
    const order = parseReference(call.reference, parseJob);
    const [job] = order?.jobs ?? [];
    if (!order || !job) throw this.toFault(call, 'unknown_reference');
    const { state, urls, error } = await this.ask(call, job);
    if (state === 'pending') return { state: 'running', progress: null };
    if (state === 'failed') throw toJobError(call, job.id, error);
    const pictures = urls.map((url) => ({ url, isUnsafe: false }));
    const delivered = placePictures([{ count: job.count, pictures }]);
    if (delivered.length === 0) throw this.toFault(call, 'no_picture');
    for (const { index, url } of delivered) await call.deliver({ index, kind: 'url', url });
    return {
      state: 'finished',
      result: mapFashnImageResult(order, { ...job, pictures }, delivered),
    };
  }

  /** One request and no repetition: only the runner knows whether a second one may cost money. */
  private async order(call: ImageCall, request: FashnImageRequest): Promise<FashnJob> {
    const { credential, signal } = call;
    const exchange = this.http.open(credential);
    try {
      const value = await requestJson(exchange, {
        url: `${toBaseUrl(credential)}/run`,
        headers: { ...toHeaders(credential), 'content-type': 'application/json' },
        body: request.write(),
        signal,
      });
      const id = parseAcceptance(value);
      if (id === null) throw new MalformedAnswerError('no prediction in the answer');
      return { id, count: call.n };
    } catch (error) {
      if (exchange.uploadFault !== null) throw exchange.uploadFault;
      throw mapFashnError(error, call, exchange, this.clock.now());
    }
  }

  private async ask(call: ImageStatusCall, { id }: FashnJob): Promise<FashnAnswer> {
    const { credential, signal } = call;
    const exchange = this.http.open(credential);
    try {
      const url = `${toBaseUrl(credential)}/status/${id}`;
      const value = await requestJson(exchange, { url, headers: toHeaders(credential), signal });
      const answer = parseAnswer(value);
      if (answer.state === null) throw new MalformedAnswerError('no status in the answer');
      return answer;
    } catch (error) {
      throw mapFashnError(error, call, exchange, this.clock.now(), true);
    }
  }

  private toUnknownModel({ model }: ImageCall): ProviderError {
    const base = { provider: this.id, model, reason: 'model_not_found', canFailOver: true };
    return new ProviderError('invalid_request', base);
  }

  /** Nothing that a repetition would mend; the vendor may have worked. */
  private toFault({ model }: ImageStatusCall, reason: string): ProviderError {
    const base = { provider: this.id, model, status: STATUS_OK, reason };
    return new ProviderError('failed', { ...base, mayHaveBeenPaid: true });
  }
}

function toHeaders({ apiKey }: ProviderCredential): Record<string, string> {
  const accept = { accept: 'application/json' };
  return apiKey === null ? accept : { ...accept, authorization: `Bearer ${apiKey}` };
}

function toBaseUrl({ baseUrl }: ProviderCredential): string {
  return baseUrl?.replace(/\/+$/, '') ?? BASE_URL;
}
