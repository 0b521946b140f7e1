import type { Clock } from '../../common/clock.js';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import { toMultipartForm } from '../shared/multipart-form.js';
import { submitJobs } from '../shared/order-jobs.js';
import type { ProviderHttp } from '../shared/provider-http.js';
import { requestJson } from '../shared/request-json.js';
import type { VendorRequest } from '../shared/send-to-vendor.js';
import type {
  ImageCall,
  ImageStatusCall,
  InputImage,
  ProviderCredential,
} from '../spec/image-call.js';
import type { ImageCapabilities } from '../spec/image-model.js';
import type { ImageProviderStrategy } from '../spec/image-provider.strategy.js';
import type { ImageStatus, ImageSubmission } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import {
  convertToReplicateImageRequest,
  type ReplicateImageRequest,
} from './convert-to-replicate-image-request.js';
import { mapReplicateError } from './map-replicate-error.js';
import {
  mapReplicateImageResult,
  parseReference,
  type ReplicateJob,
  toJobError,
  toReference,
} from './map-replicate-image-result.js';
import { parseFileUrl, parsePrediction, type Prediction } from './replicate-image-api.js';
import { toReplicateImageOptions } from './replicate-image-options.js';

const BASE_URL = 'https://api.replicate.com/v1';
/** As base64 in the request up to this; the vendor takes 256 kB there. Larger pictures are uploaded first. */
const INLINE_BYTES_MAX = 180_000;

/** Replicate: a prediction of one picture or several, asked after by its id. */
export class ReplicateProvider implements ImageProviderStrategy {
  readonly id = 'replicate';
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
    toReplicateImageOptions(providerOptions);
  }

  async submit(call: ImageCall): Promise<ImageSubmission> {
    const options = toReplicateImageOptions(call.providerOptions);
    const model = this.catalog.findImageModel(call.model);
    const request = convertToReplicateImageRequest(call, model, options);
    const urls = await this.upload(call, request);
    const order = async (job: number): Promise<ReplicateJob> => {
      const { id } = await this.post(call, request.path, {
        headers: { 'content-type': 'application/json' },
        body: request.write(job, urls),
        read: parsePrediction,
      });
      return { id: id ?? '', count: request.counts[job] ?? 1 };
    };
    const { warnings } = request;
    return submitJobs(this.id, call, {
      count: request.counts.length,
      order,
      toReference: (ordered) => toReference({ ...ordered, asked: call.n, warnings }),
    });
  }

  /** Nothing is delivered before all predictions have ended: until then every question may be repeated. */
  async status(call: ImageStatusCall): Promise<ImageStatus> {
    const order = parseReference(call.reference);
    if (!order) {
      const base = { provider: this.id, model: call.model, mayHaveBeenPaid: true };
      throw new ProviderError('failed', { ...base, reason: 'unknown_reference' });
    }
    const ended = await Promise.all(order.jobs.map((job) => this.ask(call, job)));
    if (ended.some(({ state }) => state === 'pending')) return { state: 'running', progress: null };
    const lost = ended.find(({ state, outputs }) => state !== 'succeeded' || outputs.length === 0);
    const failure = lost ? toJobError(call, lost) : null;
    const pictures = ended.flatMap(({ state, outputs }, at) => {
      const first = order.jobs.slice(0, at).reduce((sum, { count }) => sum + count, 0);
      const made = state === 'succeeded' ? outputs.slice(0, order.jobs[at]?.count) : [];
      return made.map((url, place) => ({ index: first + place, url }));
    });
    if (failure && pictures.length === 0) throw failure;
    for (const { index, url } of pictures) await call.deliver({ index, kind: 'url', url });
    const answered = ended.reduce((sum, { outputs }) => sum + outputs.length, 0);
    const requests = ended.filter(({ outputs }) => outputs.length > 0).length;
    const indexes = pictures.map(({ index }) => index);
    return {
      state: 'finished',
      result: mapReplicateImageResult(order, indexes, { answered, requests }, failure),
    };
  }

  /** What has ended by then stays as it is. */
  async cancel(call: ImageStatusCall): Promise<void> {
    const { jobs = [] } = parseReference(call.reference) ?? {};
    await Promise.all(
      jobs.map(({ id }) =>
        this.post(call, `predictions/${id}/cancel`, {
          headers: {},
          body: '',
          read: parsePrediction,
        }),
      ),
    );
  }

  /** Addresses of the pictures that are too large for the request itself. */
  private async upload(
    call: ImageCall,
    { pictures }: ReplicateImageRequest,
  ): Promise<Record<string, string>> {
    const urls: Record<string, string> = {};
    for (const [name, image] of pictures) {
      if (image.sizeBytes > INLINE_BYTES_MAX) urls[name] = await this.uploadOne(call, image);
    }
    return urls;
  }

  private async uploadOne(call: ImageCall, content: InputImage): Promise<string> {
    const form = toMultipartForm({}, { content });
    const { id } = await this.post(call, 'files', {
      headers: { 'content-type': form.contentType },
      body: form.body,
      read: (value) => ({ id: parseFileUrl(value) }),
    });
    return id ?? '';
  }

  /** One request and no repetition: only the runner knows whether a second one may cost money. */
  private async post<T extends { id: string | null }>(
    call: ImageCall | ImageStatusCall,
    path: string,
    request: Pick<VendorRequest, 'headers' | 'body'> & { read: (value: unknown) => T },
  ): Promise<T> {
    const exchange = this.http.open(call.credential);
    const { credential, signal } = call;
    try {
      const value = await requestJson(exchange, {
        url: `${toBaseUrl(credential)}/${path}`,
        headers: { ...toHeaders(credential), ...request.headers },
        body: request.body,
        signal,
      });
      const answer = request.read(value);
      if (answer.id === null) throw new MalformedAnswerError('neither a prediction nor a file');
      return answer;
    } catch (error) {
      if (exchange.uploadFault !== null) throw exchange.uploadFault;
      throw mapReplicateError(error, call, exchange, this.clock.now());
    }
  }

  private async ask(call: ImageStatusCall, { id }: ReplicateJob): Promise<Prediction> {
    const exchange = this.http.open(call.credential);
    const { credential, signal } = call;
    try {
      const url = `${toBaseUrl(credential)}/predictions/${id}`;
      const value = await requestJson(exchange, { url, headers: toHeaders(credential), signal });
      const prediction = parsePrediction(value);
      if (prediction.id === null) throw new MalformedAnswerError('no prediction in the answer');
      return prediction;
    } catch (error) {
      throw mapReplicateError(error, call, exchange, this.clock.now(), true);
    }
  }
}

function toHeaders({ apiKey }: ProviderCredential): Record<string, string> {
  const accept = { accept: 'application/json' };
  return apiKey === null ? accept : { ...accept, authorization: `Bearer ${apiKey}` };
}

function toBaseUrl({ baseUrl }: ProviderCredential): string {
  return baseUrl?.replace(/\/+$/, '') ?? BASE_URL;
}
