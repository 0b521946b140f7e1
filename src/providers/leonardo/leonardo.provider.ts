import type { Clock } from '../../common/clock.js';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { isUploadAddress } from '../shared/is-vendor-address.js';
import { parseReference, toReference } from '../shared/job-order.js';
import { placePictures, toHeldBack } from '../shared/job-pictures.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import { toForeignUpload } from '../shared/map-upload-error.js';
import { toMultipartForm } from '../shared/multipart-form.js';
import { submitJobs } from '../shared/order-jobs.js';
import type { ProviderExchange, ProviderHttp } from '../shared/provider-http.js';
import { requestJson } from '../shared/request-json.js';
import { dropRest, sendToVendor, type VendorRequest } from '../shared/send-to-vendor.js';
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
  convertToLeonardoImageRequest,
  type LeonardoImageRequest,
} from './convert-to-leonardo-image-request.js';
import {
  type LeonardoUpload,
  parseAcceptance,
  parseGeneration,
  parseUpload,
  parseVariation,
} from './leonardo-image-api.js';
import { toLeonardoImageOptions } from './leonardo-image-options.js';
import { type LeonardoStep, mapLeonardoError, toRefusal } from './map-leonardo-error.js';
import {
  type EndedJob,
  type LeonardoJob,
  mapLeonardoImageResult,
  parseJob,
  toJobError,
} from './map-leonardo-image-result.js';

const BASE_URL = 'https://cloud.leonardo.ai/api/rest/v1';
const EXTENSIONS: Readonly<Record<string, string>> = { 'image/jpeg': 'jpg', 'image/webp': 'webp' };

/** Leonardo: generations of several pictures, asked after by their ids; pictures that go in are uploaded first. */
export class LeonardoProvider implements ImageProviderStrategy {
  readonly id = 'leonardo';
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
    toLeonardoImageOptions(providerOptions);
  }

  async submit(call: ImageCall): Promise<ImageSubmission> {
    const options = toLeonardoImageOptions(call.providerOptions);
    const model = this.catalog.findImageModel(call.model);
    const request = convertToLeonardoImageRequest(call, model, options);
    const imageIds: string[] = [];
    for (const image of request.pictures) imageIds.push(await this.upload(call, image));
    const { warnings } = request;
    return submitJobs(this.id, call, {
      count: request.counts.length,
      order: (job) => this.order(call, request, job, imageIds),
      toReference: (ordered) => toReference({ ...ordered, asked: call.n, warnings }),
    });
  }

  /** Nothing is delivered before all generations have ended: until then every question may be repeated. */
  async status(call: ImageStatusCall): Promise<ImageStatus> {
    const order = parseReference(call.reference, parseJob);
    if (!order) {
      const base = { provider: this.id, model: call.model, mayHaveBeenPaid: true };
      throw new ProviderError('failed', { ...base, reason: 'unknown_reference' });
    }
    const ended = await Promise.all(order.jobs.map((job) => this.ask(call, job)));
    if (ended.some(({ state }) => state === 'pending')) return { state: 'running', progress: null };
    const jobs = ended.map((job) => (job.state === 'complete' ? job : { ...job, pictures: [] }));
    const lost = jobs.find(({ pictures }) => pictures.length === 0);
    const failure = lost ? toJobError(call, lost) : null;
    const pictures = placePictures(jobs);
    const delivered = pictures.filter(({ isUnsafe }) => !isUnsafe);
    if (delivered.length === 0) {
      throw pictures.length > 0 || !failure ? toHeldBack(this.id, call.model) : failure;
    }
    for (const { index, url } of delivered) await call.deliver({ index, kind: 'url', url });
    return { state: 'finished', result: mapLeonardoImageResult(order, jobs, delivered, failure) };
  }

  /** Upscaling goes on: the vendor has no word to stop it. */
  async cancel(call: ImageStatusCall): Promise<void> {
    const { jobs = [] } = parseReference(call.reference, parseJob) ?? {};
    const generations = jobs.filter(({ kind }) => kind === 'generation');
    await Promise.all(
      generations.map(({ id }) => {
        const request = { url: toUrl(call.credential, `generations/${id}`), signal: call.signal };
        return this.exchange(call, 'ask', (exchange) =>
          requestJson(exchange, {
            ...request,
            method: 'DELETE',
            headers: toHeaders(call.credential),
          }),
        );
      }),
    );
  }

  /** One request and no repetition: only the runner knows whether a second one may cost money. */
  private order(
    call: ImageCall,
    request: LeonardoImageRequest,
    job: number,
    imageIds: readonly string[],
  ): Promise<LeonardoJob> {
    return this.exchange(call, 'order', async (exchange) => {
      const value = await requestJson(
        exchange,
        toPost(call, toPath(request.api), request.write(job, imageIds)),
      );
      if (Array.isArray(value)) throw toRefusal(call, JSON.stringify(value));
      const { id, microcredits } = parseAcceptance(value);
      if (id === null) throw new MalformedAnswerError('no generation in the answer');
      const kind = request.api === 'universal_upscaler' ? 'variation' : 'generation';
      return { id, kind, count: request.counts[job] ?? 1, microcredits };
    });
  }

  private ask(call: ImageStatusCall, job: LeonardoJob): Promise<EndedJob> {
    const { credential, signal } = call;
    return this.exchange(call, 'ask', async (exchange) => {
      const url = toUrl(credential, `${job.kind}s/${job.id}`);
      const value = await requestJson(exchange, { url, headers: toHeaders(credential), signal });
      const answer = job.kind === 'variation' ? parseVariation(value) : parseGeneration(value);
      if (answer === null) throw new MalformedAnswerError('no generation in the answer');
      return { ...job, ...answer };
    });
  }

  /** The id by which a picture goes into a generation. */
  private async upload(call: ImageCall, image: InputImage): Promise<string> {
    const extension = EXTENSIONS[image.mediaType] ?? 'png';
    const target = await this.exchange(call, 'upload', async (exchange) => {
      const post = toPost(call, toPath('init-image'), JSON.stringify({ extension }));
      const upload = parseUpload(await requestJson(exchange, post));
      if (!upload) throw new MalformedAnswerError('nowhere to upload to in the answer');
      return upload;
    });
    if (!isUploadAddress(target.url, toUrl(call.credential, '')))
      throw toForeignUpload(this.id, call.model);
    await this.exchange(call, 'store', (exchange) => store(exchange, call, target, image));
    return target.id;
  }

  private async exchange<T>(
    call: ImageCall | ImageStatusCall,
    step: LeonardoStep,
    work: (exchange: ProviderExchange) => Promise<T>,
  ): Promise<T> {
    const exchange = this.http.open(call.credential);
    try {
      return await work(exchange);
    } catch (error) {
      if (exchange.uploadFault !== null) throw exchange.uploadFault;
      throw mapLeonardoError(error, call, exchange, { now: this.clock.now(), step });
    }
  }
}

/** The store is not the vendor's own: it gets no key, and refuses requests that have one. */
async function store(
  exchange: ProviderExchange,
  { signal }: ImageCall,
  { url, fields }: LeonardoUpload,
  file: InputImage,
): Promise<void> {
  const form = toMultipartForm(fields, { file });
  const headers = {
    'content-type': form.contentType,
    'content-length': String(form.sizeBytes),
  };
  dropRest(await sendToVendor(exchange, { url, headers, body: form.body, signal }));
}

function toPost({ credential, signal }: ImageCall, path: string, body: string): VendorRequest {
  const headers = { ...toHeaders(credential), 'content-type': 'application/json' };
  return { url: toUrl(credential, path), headers, body, signal };
}

function toPath(api: LeonardoImageRequest['api'] | 'init-image'): string {
  if (api === 'universal_upscaler') return 'variations/universal-upscaler';
  return api === 'generations_v2' ? '../v2/generations' : api;
}

function toHeaders({ apiKey }: ProviderCredential): Record<string, string> {
  const accept = { accept: 'application/json' };
  return apiKey === null ? accept : { ...accept, authorization: `Bearer ${apiKey}` };
}

/** The second API is beside the first: `v2` instead of `v1`. */
function toUrl({ baseUrl }: ProviderCredential, path: string): string {
  return new URL(path, `${baseUrl?.replace(/\/+$/, '') ?? BASE_URL}/`).href;
}
