import type { Clock } from '../../common/clock.js';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { isUploadAddress, isVendorAddress } from '../shared/is-vendor-address.js';
import { parseReference, toReference } from '../shared/job-order.js';
import { placePictures, toHeldBack } from '../shared/job-pictures.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import { toForeignUpload } from '../shared/map-upload-error.js';
import { submitJobs } from '../shared/order-jobs.js';
import type { ProviderExchange, ProviderHttp } from '../shared/provider-http.js';
import { requestJson } from '../shared/request-json.js';
import { dropRest, sendToVendor } from '../shared/send-to-vendor.js';
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
import { convertToFalImageRequest, type FalImageRequest } from './convert-to-fal-image-request.js';
import { parseAcceptance, parseResult, parseStatus, parseUpload } from './fal-image-api.js';
import { type FalImageOptions, toFalImageOptions } from './fal-image-options.js';
import { type FalStep, mapFalError, toEndError, toJobError } from './map-fal-error.js';
import {
  type EndedJob,
  type FalJob,
  mapFalImageResult,
  parseJob,
  toNoPicture,
} from './map-fal-image-result.js';

const BASE_URL = 'https://queue.fal.run';
/** Where its queue's other hosts are. */
const DOMAIN = 'fal.run';
/** Takes files for the vendor's own queue; a server of the same form takes them itself. */
const STORAGE_URL = 'https://rest.fal.ai';
const UPLOAD_PATH = '/storage/upload/initiate?storage_type=fal-cdn-v3';
/** As base64 in the request up to this; larger pictures are uploaded first. */
const INLINE_BYTES_MAX = 1_000_000;
/** What went in and what came out need not stay longer at the vendor: we have both. */
const LIFECYCLE = JSON.stringify({ expiration_duration_seconds: 86_400 });
const STATUS_BAD_REQUEST = 400;
const STATUS_NOT_FOUND = 404;
const NOTHING = { pictures: [], seed: null, prompt: null };

/** fal: requests in a queue, asked after where the vendor says. */
export class FalProvider implements ImageProviderStrategy {
  readonly id = 'fal';
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
    toFalImageOptions(providerOptions);
  }

  async submit(call: ImageCall): Promise<ImageSubmission> {
    const options = toFalImageOptions(call.providerOptions);
    const model = this.catalog.findImageModel(call.model);
    const request = convertToFalImageRequest(call, model, options);
    const urls: Record<string, string> = {};
    for (const [name, image] of request.pictures) {
      if (image.sizeBytes > INLINE_BYTES_MAX) urls[name] = await this.upload(call, image);
    }
    const { warnings } = request;
    return submitJobs(this.id, call, {
      count: request.counts.length,
      order: (job) => this.order(call, request, options, { job, urls }),
      toReference: (ordered) => toReference({ ...ordered, asked: call.n, warnings }),
    });
  }

  /** Nothing is delivered before all requests have ended: until then every question may be repeated. */
  async status(call: ImageStatusCall): Promise<ImageStatus> {
    const order = parseReference(call.reference, parseJob);
    if (!order) throw toForeign(call, 'unknown_reference');
    const answers = await Promise.all(order.jobs.map((job) => this.ask(call, job)));
    const ended = answers.filter((answer) => answer !== null);
    if (ended.length < answers.length) return { state: 'running', progress: null };
    const pictures = placePictures(ended);
    const delivered = pictures.filter(({ isUnsafe }) => !isUnsafe);
    if (delivered.length === 0) {
      const failure = ended.find((job) => job.failure !== null)?.failure ?? null;
      throw pictures.length > 0 || !failure ? toHeldBack(this.id, call.model) : failure;
    }
    for (const { index, url } of delivered) await call.deliver({ index, kind: 'url', url });
    return { state: 'finished', result: mapFalImageResult(order, ended, delivered) };
  }

  /** What has ended by then stays as it is. */
  async cancel(call: ImageStatusCall): Promise<void> {
    const { jobs = [] } = parseReference(call.reference, parseJob) ?? {};
    const urls = jobs.map(({ cancelUrl }) => cancelUrl).filter((url) => url !== null);
    await Promise.all(urls.map((url) => this.stop(call, url)));
  }

  /** One request and no repetition: only the runner knows whether a second one may cost money. */
  private order(
    call: ImageCall,
    request: FalImageRequest,
    options: FalImageOptions,
    { job, urls }: { job: number; urls: Readonly<Record<string, string>> },
  ): Promise<FalJob> {
    const { credential, signal } = call;
    const baseUrl = toBaseUrl(credential);
    return this.exchange(call, 'order', async (exchange) => {
      const value = await requestJson(exchange, {
        url: `${baseUrl}/${request.path}`,
        headers: {
          ...toHeaders(credential),
          'content-type': 'application/json',
          'x-fal-object-lifecycle-preference': LIFECYCLE,
        },
        body: request.write(job, urls),
        signal,
      });
      const { id, statusUrl, responseUrl, cancelUrl } = parseAcceptance(value);
      if (id === null || statusUrl === null || responseUrl === null) {
        throw new MalformedAnswerError('no request in the answer');
      }
      const named = [statusUrl, responseUrl, cancelUrl ?? statusUrl];
      if (!named.every((url) => isVendorAddress(url, baseUrl, DOMAIN))) {
        throw toForeign(call, 'foreign_status_url');
      }
      const isPromptRevised = options.enhance_prompt === true;
      const count = request.counts[job] ?? 1;
      return { id, statusUrl, responseUrl, cancelUrl, count, isPromptRevised };
    });
  }

  /** Null = it has not ended. */
  private async ask(call: ImageStatusCall, job: FalJob): Promise<EndedJob | null> {
    const status = await this.exchange(call, 'ask', async (exchange) => {
      const answer = parseStatus(await this.get(call, exchange, job.statusUrl));
      if (answer === null) throw new MalformedAnswerError('no status in the answer');
      return answer;
    });
    if (!status.hasEnded) return null;
    if (status.error?.type) {
      return { ...job, ...NOTHING, failure: toEndError(call, job.id, status.error) };
    }
    return this.exchange(call, 'ask', async (exchange) => {
      try {
        const result = parseResult(await this.get(call, exchange, job.responseUrl));
        const isEmpty = result.pictures.length === 0;
        return { ...job, ...result, failure: isEmpty ? toNoPicture(call, job) : null };
      } catch (error) {
        if (!exchange.failure) throw error;
        const told = status.error && toEndError(call, job.id, status.error);
        const failure = toJobError(call, job.id, exchange.failure) ?? told;
        if (!failure) throw error;
        return { ...job, ...NOTHING, failure };
      }
    });
  }

  private get(call: ImageStatusCall, exchange: ProviderExchange, url: string): Promise<unknown> {
    const { credential, signal } = call;
    // Whoever changed the connection meanwhile has not thereby sent its key to where the old one was.
    if (!isVendorAddress(url, toBaseUrl(credential), DOMAIN)) {
      throw toForeign(call, 'foreign_status_url');
    }
    return requestJson(exchange, { url, headers: toHeaders(credential), signal });
  }

  private async stop(call: ImageStatusCall, url: string): Promise<void> {
    const { credential, signal } = call;
    if (!isVendorAddress(url, toBaseUrl(credential), DOMAIN)) {
      throw toForeign(call, 'foreign_status_url');
    }
    await this.exchange(call, 'ask', async (exchange) => {
      try {
        const request = { url, method: 'PUT', headers: toHeaders(credential), signal } as const;
        dropRest(await sendToVendor(exchange, request));
      } catch (error) {
        const status = exchange.failure?.status;
        if (status !== STATUS_BAD_REQUEST && status !== STATUS_NOT_FOUND) throw error;
      }
    });
  }

  /** The address of a picture that is too large for the request itself. */
  private async upload(call: ImageCall, image: InputImage): Promise<string> {
    const { credential, signal } = call;
    const target = await this.exchange(call, 'upload', async (exchange) => {
      const value = await requestJson(exchange, {
        url: `${toStorageOrigin(credential)}${UPLOAD_PATH}`,
        headers: {
          ...toHeaders(credential),
          'content-type': 'application/json',
          'x-fal-object-lifecycle': LIFECYCLE,
        },
        body: JSON.stringify({ content_type: image.mediaType, file_name: image.name }),
        signal,
      });
      const upload = parseUpload(value);
      if (!upload) throw new MalformedAnswerError('nowhere to upload to in the answer');
      return upload;
    });
    if (!isUploadAddress(target.uploadUrl, toBaseUrl(credential))) {
      throw toForeignUpload(this.id, call.model);
    }
    const headers = { 'content-type': image.mediaType, 'content-length': String(image.sizeBytes) };
    await this.exchange(call, 'store', async (exchange) => {
      const request = { url: target.uploadUrl, headers, body: image.open(), signal };
      dropRest(await sendToVendor(exchange, { ...request, method: 'PUT' }));
    });
    return target.fileUrl;
  }

  private async exchange<T>(
    call: ImageCall | ImageStatusCall,
    step: FalStep,
    work: (exchange: ProviderExchange) => Promise<T>,
  ): Promise<T> {
    const exchange = this.http.open(call.credential);
    try {
      return await work(exchange);
    } catch (error) {
      if (exchange.uploadFault !== null) throw exchange.uploadFault;
      throw mapFalError(error, call, exchange, { now: this.clock.now(), step });
    }
  }
}

function toHeaders({ apiKey }: ProviderCredential): Record<string, string> {
  const accept = { accept: 'application/json' };
  return apiKey === null ? accept : { ...accept, authorization: `Key ${apiKey}` };
}

function toBaseUrl({ baseUrl }: ProviderCredential): string {
  return baseUrl?.replace(/\/+$/, '') ?? BASE_URL;
}

function toStorageOrigin(credential: ProviderCredential): string {
  const { origin } = new URL(toBaseUrl(credential));
  return isVendorAddress(origin, BASE_URL, DOMAIN) ? STORAGE_URL : origin;
}

/** Nothing that a repetition would mend; the vendor may have worked. */
function toForeign({ model }: ImageCall | ImageStatusCall, reason: string): ProviderError {
  return new ProviderError('failed', { provider: 'fal', model, reason, mayHaveBeenPaid: true });
}
