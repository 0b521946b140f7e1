import type { Clock } from '../../common/clock.js';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { deliverBody } from '../shared/deliver-body.js';
import { fanOutCalls, type SingleCall, toSeedOf } from '../shared/fan-out-calls.js';
import type { ProviderHttp } from '../shared/provider-http.js';
import { dropRest, sendToVendor } from '../shared/send-to-vendor.js';
import { ConsumerFault } from '../shared/stream-image-json.js';
import type { ImageCall } from '../spec/image-call.js';
import type { ImageCapabilities } from '../spec/image-model.js';
import type { ImageProviderStrategy } from '../spec/image-provider.strategy.js';
import type { ImageSubmission } from '../spec/image-result.js';
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
import { parsePictureHeaders } from './stability-image-api.js';
import { type StabilityImageOptions, toStabilityImageOptions } from './stability-image-options.js';

const BASE_URL = 'https://api.stability.ai';
const PICTURE_BYTES_MAX = 104_857_600;
/** One less than ours; 0 asks for a random one. */
const SEED_MAX = 4_294_967_294;

/** Stability's v2beta: one request a picture, whose answer is the picture itself. */
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
    const { made, warnings } = await fanOutCalls(call, (single) => this.makeOne(single, options));
    return { state: 'finished', result: mapStabilityImageResult(made, warnings) };
  }

  private makeOne(single: SingleCall, options: StabilityImageOptions): Promise<StabilityPicture> {
    const seed = toSeedOf(single.seed, single.index, SEED_MAX);
    const model = this.catalog.findImageModel(single.model);
    const request = convertToStabilityImageRequest({ ...single, seed }, model, options);
    return this.exchange(single, request);
  }

  /** One request and no repetition: only the runner knows whether a second one may cost money. */
  private async exchange(
    single: SingleCall,
    { path, form, warnings }: StabilityImageRequest,
  ): Promise<StabilityPicture> {
    const exchange = this.http.open();
    const { credential, index, signal } = single;
    try {
      const response = await sendToVendor(exchange, {
        url: `${credential.baseUrl?.replace(/\/+$/, '') ?? BASE_URL}/${path}`,
        headers: {
          accept: 'image/*',
          'content-type': form.contentType,
          ...(credential.apiKey === null ? {} : { authorization: `Bearer ${credential.apiKey}` }),
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
