import type { Clock } from '../../common/clock.js';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { deliverBody } from '../shared/deliver-body.js';
import { fanOutCalls, type SingleCall, toSeedOf } from '../shared/fan-out-calls.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import { listMissing, submitJobs } from '../shared/order-jobs.js';
import type { ProviderHttp } from '../shared/provider-http.js';
import { requestJson } from '../shared/request-json.js';
import { dropRest, sendToVendor } from '../shared/send-to-vendor.js';
import { ConsumerFault } from '../shared/stream-image-json.js';
import type { ImageCall, ImageStatusCall, ProviderCredential } from '../spec/image-call.js';
import type { ImageCapabilities } from '../spec/image-model.js';
import type { ImageProviderStrategy } from '../spec/image-provider.strategy.js';
import type { ImageStatus, ImageSubmission } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import {
  convertToStabilityImageRequest,
  type StabilityImageRequest,
} from './convert-to-stability-image-request.js';
import { mapStabilityError } from './map-stability-error.js';
import {
  assertPicture,
  mapStabilityImageResult,
  type StabilityPicture,
} from './map-stability-image-result.js';
import { findEndpoint, parseJobId, parsePictureHeaders } from './stability-image-api.js';
import { type StabilityImageOptions, toStabilityImageOptions } from './stability-image-options.js';
import { parseReference, type StabilityJob, toReference } from './stability-order.js';
import { fetchResults } from './stability-results.js';

const BASE_URL = 'https://api.stability.ai';
const PICTURE_BYTES_MAX = 104_857_600;
/** One less than ours; 0 asks for a random one. */
const SEED_MAX = 4_294_967_294;

/** Stability's v2beta: one request a picture, whose answer is the picture itself, or a job that is asked after. */
export class StabilityProvider implements ImageProviderStrategy {
  readonly id = 'stability';
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
    toStabilityImageOptions(providerOptions);
  }

  async submit(call: ImageCall): Promise<ImageSubmission> {
    const options = toStabilityImageOptions(call.providerOptions);
    const isLater = findEndpoint(call.vendorModel ?? call.model)?.isLater ?? false;
    if (isLater) return this.orderAll(call, options);
    const { made, warnings } = await fanOutCalls(call, (single) => this.makeOne(single, options));
    return { state: 'finished', result: mapStabilityImageResult(made, warnings) };
  }

  /** Nothing is delivered before all jobs have ended: until then every question may be repeated. */
  async status(call: ImageStatusCall): Promise<ImageStatus> {
    const order = parseReference(call.reference);
    if (!order) {
      const base = { provider: this.id, model: call.model, mayHaveBeenPaid: true };
      throw new ProviderError('failed', { ...base, reason: 'unknown_reference' });
    }
    const results = await fetchResults(call, order.jobs, {
      http: this.http,
      baseUrl: toBaseUrl(call.credential),
      headers: { accept: 'image/*', ...toKeyHeader(call.credential) },
      pictureBytesMax: PICTURE_BYTES_MAX,
      now: () => this.clock.now(),
    });
    if (!results) return { state: 'running', progress: null };
    const { made, failure } = results;
    const missing = listMissing(made.length, order.asked, failure?.message ?? order.shortfall);
    return {
      state: 'finished',
      result: mapStabilityImageResult(made, [...order.warnings, ...missing]),
    };
  }

  private orderAll(call: ImageCall, options: StabilityImageOptions): Promise<ImageSubmission> {
    const convert = (index: number) => this.convert(call, index, options);
    const { warnings } = convert(0).request;
    return submitJobs(this.id, call, {
      count: call.n,
      order: async (index): Promise<StabilityJob> => {
        const { request, seed } = convert(index);
        return { id: await this.order(call, request), seed };
      },
      toReference: (ordered) => toReference({ ...ordered, asked: call.n, warnings }),
    });
  }

  private convert(call: ImageCall, index: number, options: StabilityImageOptions) {
    const seed = toSeedOf(call.seed, index, SEED_MAX);
    const model = this.catalog.findImageModel(call.model);
    return { seed, request: convertToStabilityImageRequest({ ...call, seed }, model, options) };
  }

  /** One request and no repetition: only the runner knows whether a second one may cost money. */
  private async order(call: ImageCall, { path, form }: StabilityImageRequest): Promise<string> {
    const exchange = this.http.open(call.credential);
    const { credential, signal } = call;
    try {
      const headers = { accept: 'application/json', 'content-type': form.contentType };
      const answer = await requestJson(exchange, {
        url: `${toBaseUrl(credential)}/${path}`,
        headers: { ...headers, ...toKeyHeader(credential) },
        body: form.body,
        signal,
      });
      const id = parseJobId(answer);
      if (id === null) throw new MalformedAnswerError('no job in the answer');
      return id;
    } catch (error) {
      if (exchange.uploadFault !== null) throw exchange.uploadFault;
      throw mapStabilityError(error, call, exchange, this.clock.now());
    }
  }

  private makeOne(single: SingleCall, options: StabilityImageOptions): Promise<StabilityPicture> {
    return this.exchange(single, this.convert(single, single.index, options).request);
  }

  /** One request and no repetition: only the runner knows whether a second one may cost money. */
  private async exchange(
    single: SingleCall,
    { path, form, warnings }: StabilityImageRequest,
  ): Promise<StabilityPicture> {
    const exchange = this.http.open(single.credential);
    const { credential, index, signal } = single;
    try {
      const response = await sendToVendor(exchange, {
        url: `${toBaseUrl(credential)}/${path}`,
        headers: {
          accept: 'image/*',
          'content-type': form.contentType,
          ...toKeyHeader(credential),
        },
        body: form.body,
        signal,
      });
      try {
        const facts = parsePictureHeaders(response.headers);
        assertPicture(single, facts);
        await deliverBody(response, PICTURE_BYTES_MAX, (bytes) =>
          single.deliver({ index, kind: 'bytes', bytes }),
        );
        return { ...facts, warnings };
      } finally {
        dropRest(response);
      }
    } catch (error) {
      // Whoever stores or supplies pictures knows best what went wrong there: it is not the vendor's fault.
      if (error instanceof ConsumerFault) throw error.cause;
      if (exchange.uploadFault !== null) throw exchange.uploadFault;
      throw mapStabilityError(error, single, exchange, this.clock.now());
    }
  }
}

function toBaseUrl({ baseUrl }: ProviderCredential): string {
  return baseUrl?.replace(/\/+$/, '') ?? BASE_URL;
}

function toKeyHeader({ apiKey }: ProviderCredential): Record<string, string> {
  return apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
}
