import type { Clock } from '../../common/clock.js';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { fanOutCalls, type SingleCall, toSeedOf } from '../shared/fan-out-calls.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import type { ProviderExchange, ProviderHttp, StreamedResponse } from '../shared/provider-http.js';
import { toShownText, toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import { sendToVendor } from '../shared/send-to-vendor.js';
import { ConsumerFault, streamImageJson } from '../shared/stream-image-json.js';
import { sumUsage } from '../shared/sum-usage.js';
import { toResult, USAGE_UNREADABLE } from '../shared/to-result.js';
import type { ImageCall } from '../spec/image-call.js';
import type { ImageCapabilities } from '../spec/image-model.js';
import type { ImageProviderStrategy } from '../spec/image-provider.strategy.js';
import type {
  ImageFacts,
  ImageResult,
  ImageSubmission,
  ImageUsage,
  ProviderWarning,
} from '../spec/image-result.js';
import {
  convertToGeminiImageRequest,
  findDialect,
  type GeminiImageRequest,
  SEED_MAX,
} from './convert-to-gemini-image-request.js';
import { toGeminiEndpoint } from './gemini-endpoint.js';
import {
  GENERATE_CONTENT_FORM,
  parseGenerateContent,
  parsePredictions,
  PREDICT_FORM,
} from './gemini-image-api.js';
import { type GeminiImageOptions, toGeminiImageOptions } from './gemini-image-options.js';
import { mapGeminiError } from './map-gemini-error.js';
import { mapGeminiUsage, toNoPicture, toNoPrediction } from './map-gemini-image-result.js';

/** 4K pictures stay below; an answer's picture beyond it is refused while it is read. */
const PICTURE_BYTES_MAX = 104_857_600;

/** What one request of generateContent gave. */
interface Made {
  facts: ImageFacts;
  usage: ImageUsage | null;
  vendorRequestId: string | null;
  warnings: readonly ProviderWarning[];
}

/** Google's Gemini image models, one request a picture; and servers that speak Imagen's `predict`. */
export class GeminiProvider implements ImageProviderStrategy {
  readonly id = 'gemini';
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
    toGeminiImageOptions(providerOptions);
  }

  async submit(call: ImageCall): Promise<ImageSubmission> {
    const options = toGeminiImageOptions(call.providerOptions);
    const dialect = findDialect(call, this.catalog.findImageModel(call.model));
    const result =
      dialect === 'predict'
        ? await this.predict(call, options)
        : await this.generate(call, options);
    return { state: 'finished', result };
  }

  private async generate(call: ImageCall, options: GeminiImageOptions): Promise<ImageResult> {
    const { made, warnings } = await fanOutCalls(call, (single) =>
      this.generateOne(single, options),
    );
    const [first] = made;
    return toResult(
      made.map((one) => one.facts.facts),
      {
        requests: made.length,
        usage: sumUsage(made.map((one) => one.facts.usage)),
        vendorRequestId: first?.facts.vendorRequestId ?? null,
        warnings: [...made.flatMap((one) => one.facts.warnings), ...warnings],
      },
    );
  }

  private generateOne(single: SingleCall, options: GeminiImageOptions): Promise<Made> {
    const { index } = single;
    const seed = toSeedOf(single.seed, index, SEED_MAX);
    const request = this.convert({ ...single, seed }, options);
    return this.exchange(single, request, async (response) => {
      const { document, streamed } = await streamImageJson(
        response.content,
        { picturesMax: 1, pictureBytesMax: PICTURE_BYTES_MAX },
        ({ bytes }) => single.deliver({ index, kind: 'bytes', bytes }),
        GENERATE_CONTENT_FORM,
      );
      const answer = parseGenerateContent(document);
      if (!answer) throw new MalformedAnswerError('the answer has no candidates');
      if (streamed.length === 0) throw toNoPicture(single, answer);
      const usage = mapGeminiUsage(answer.usage);
      return {
        facts: { index, revisedPrompt: request.sentPrompt, seed },
        usage,
        vendorRequestId: toVendorRequestId(answer.responseId),
        warnings: [
          ...request.warnings,
          ...(answer.usage !== null && usage === null ? [USAGE_UNREADABLE] : []),
        ],
      };
    });
  }

  private predict(call: ImageCall, options: GeminiImageOptions): Promise<ImageResult> {
    const request = this.convert(call, options);
    return this.exchange(call, request, async (response) => {
      const { document, streamed } = await streamImageJson(
        response.content,
        { picturesMax: call.n, pictureBytesMax: PICTURE_BYTES_MAX },
        (picture) => call.deliver({ ...picture, kind: 'bytes' }),
        PREDICT_FORM,
      );
      const predictions = parsePredictions(document);
      if (!predictions) throw new MalformedAnswerError('the answer has no predictions');
      if (streamed.length === 0) throw toNoPrediction(call, predictions);
      const facts = streamed.map((index) => ({
        index,
        revisedPrompt: toShownText(predictions[index]?.prompt),
        seed: null,
      }));
      const filtered = predictions.filter((one) => one.isFiltered).length;
      const answered = predictions.length - filtered;
      return toResult(facts, { asked: call.n, answered, warnings: request.warnings });
    });
  }

  private convert(call: ImageCall, options: GeminiImageOptions): GeminiImageRequest {
    return convertToGeminiImageRequest(call, this.catalog.findImageModel(call.model), options);
  }

  /** One request and no repetition: only the runner knows whether a second one may cost money. */
  private async exchange<T>(
    call: ImageCall,
    { path, body }: GeminiImageRequest,
    receive: (response: StreamedResponse) => Promise<T>,
  ): Promise<T> {
    const exchange: ProviderExchange = this.http.open(call.credential);
    const { credential, signal } = call;
    try {
      const { url, headers } = toGeminiEndpoint(credential, path);
      return await receive(await sendToVendor(exchange, { url, headers, body, signal }));
    } catch (error) {
      // Whoever stores or supplies pictures knows best what went wrong there: it is not the vendor's fault.
      if (error instanceof ConsumerFault) throw error.cause;
      if (exchange.uploadFault !== null) throw exchange.uploadFault;
      throw mapGeminiError(error, call, exchange, this.clock.now());
    }
  }
}
