import OpenAI from 'openai';
import type {
  ImageCreateVariationParams,
  ImageEditParams,
  ImageGenerateParams,
} from 'openai/resources/images';
import type { Clock } from '../../common/clock.js';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import {
  HEADERS_TIMEOUT_MS,
  type ProviderExchange,
  type ProviderHttp,
  StreamedResponse,
} from '../shared/provider-http.js';
import { toVendorRequestId } from '../shared/sanitize-vendor-text.js';
import { ConsumerFault, streamImageJson } from '../shared/stream-image-json.js';
import type { ImageCall, ProviderCredential } from '../spec/image-call.js';
import type { ImageCapabilities } from '../spec/image-model.js';
import type { ImageProviderStrategy } from '../spec/image-provider.strategy.js';
import type { ImageResult, ImageSubmission } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import {
  convertToOpenaiImageRequest,
  type OpenaiEndpoint,
  type OpenaiImageRequest,
} from './convert-to-openai-image-request.js';
import { mapOpenaiError } from './map-openai-error.js';
import { mapOpenaiImageResult, mapOpenaiImageUsage } from './map-openai-image-result.js';
import {
  type OpenaiImageAnswer,
  parseOpenaiImageAnswer,
  parseOpenaiImageEvent,
} from './openai-image-api.js';
import { toOpenaiImageOptions } from './openai-image-options.js';
import { hasFilteredPicture } from './read-content-filter.js';
import { receiveOpenaiImageStream, type StreamProgress } from './receive-openai-image-stream.js';

const BASE_URL = 'https://api.openai.com/v1';
/** 4K pictures with alpha stay below; an answer's picture beyond it is refused while it is read. */
const PICTURE_BYTES_MAX = 104_857_600;
/** The package insists on a key; the header it would make is taken out again. */
const NO_KEY = 'none';
const STATUS_OK = 200;

/** OpenAI, Azure OpenAI and every server that speaks their images API. Generations, edits, and variations where served. */
export class OpenaiProvider implements ImageProviderStrategy {
  readonly id = 'openai';
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
    toOpenaiImageOptions(providerOptions);
  }

  async submit(call: ImageCall): Promise<ImageSubmission> {
    const options = toOpenaiImageOptions(call.providerOptions);
    const request = convertToOpenaiImageRequest(
      call,
      this.catalog.findImageModel(call.model),
      options,
    );
    const exchange = this.http.open(call.credential);
    const progress: StreamProgress = { partials: 0 };
    try {
      const response = await send(call, request, exchange);
      const result = isEventStream(response)
        ? await receiveStream(call, request, response, progress)
        : await receive(call, request, response);
      return { state: 'finished', result };
    } catch (error) {
      // Whoever stores or supplies pictures knows best what went wrong there: it is not the vendor's fault.
      if (error instanceof ConsumerFault) throw error.cause;
      if (exchange.uploadFault !== null) throw exchange.uploadFault;
      throw mapOpenaiError(error, call, exchange, this.clock.now(), progress.partials > 0);
    }
  }
}

/** One request and no repetition: only the runner knows whether a second one may cost money. */
async function send(
  call: ImageCall,
  request: OpenaiImageRequest,
  exchange: ProviderExchange,
): Promise<StreamedResponse> {
  const { images } = createClient(call.credential, exchange);
  const options = {
    signal: call.signal,
    headers: { 'idempotency-key': call.attemptId, 'x-client-request-id': call.attemptId },
  };
  const response = await SENDERS[request.endpoint](images, request.body, options).asResponse();
  if (response instanceof StreamedResponse) return response;
  throw new MalformedAnswerError('an answer without a body');
}

const SENDERS: Readonly<
  Record<
    OpenaiEndpoint,
    (
      images: OpenAI.Images,
      body: unknown,
      options: OpenAI.RequestOptions,
    ) => { asResponse(): Promise<Response> }
  >
> = {
  generate: (images, body, options) => images.generate(body as ImageGenerateParams, options),
  edit: (images, body, options) => images.edit(body as ImageEditParams, options),
  variation: (images, body, options) =>
    images.createVariation(body as ImageCreateVariationParams, options),
};

/** For this call alone: a client holds a credential, and nothing of one tenant may outlive its request. */
function createClient(credential: ProviderCredential, exchange: ProviderExchange): OpenAI {
  const { apiKey, keyHeader = 'authorization' } = credential;
  const isBearer = apiKey !== null && keyHeader === 'authorization';
  return new OpenAI({
    baseURL: credential.baseUrl?.replace(/\/+$/, '') ?? BASE_URL,
    // What is not given here the package would look up in the environment.
    apiKey: apiKey ?? NO_KEY,
    adminAPIKey: null,
    organization: credential.organization ?? null,
    project: credential.project ?? null,
    webhookSecret: null,
    logLevel: 'off',
    maxRetries: 0,
    timeout: HEADERS_TIMEOUT_MS,
    fetch: exchange.fetch,
    defaultHeaders: {
      ...(isBearer ? {} : { authorization: null }),
      ...(apiKey !== null && !isBearer ? { [keyHeader]: apiKey } : {}),
    },
    defaultQuery: { ...credential.query },
  });
}

/** Delivers while it reads; URLs, which are at hand only with the whole answer, last. */
async function receive(
  call: ImageCall,
  request: OpenaiImageRequest,
  response: StreamedResponse,
): Promise<ImageResult> {
  const limits = { picturesMax: call.n, pictureBytesMax: PICTURE_BYTES_MAX };
  const { document, streamed } = await streamImageJson(response.content, limits, (picture) =>
    call.deliver({ ...picture, kind: 'bytes' }),
  );
  const answer = parseOpenaiImageAnswer(document);
  if (!answer) throw new MalformedAnswerError('the answer has no list of pictures');
  const delivered = [...streamed, ...(await deliverUrls(call, answer, streamed))];
  const vendorRequestId = readRequestId(response);
  if (delivered.length === 0 && hasFilteredPicture(document)) {
    throw toFiltered(call, vendorRequestId);
  }
  if (delivered.length === 0) throw toNoOutput(call, answer, vendorRequestId);
  return mapOpenaiImageResult(call, {
    answer,
    delivered,
    vendorRequestId,
    warnings: request.warnings,
  });
}

/** Only servers that were asked to answer so. */
function isEventStream({ headers }: StreamedResponse): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') ?? false;
}

async function receiveStream(
  call: ImageCall,
  request: OpenaiImageRequest,
  response: StreamedResponse,
  progress: StreamProgress,
): Promise<ImageResult> {
  const { document, isDelivered } = await receiveOpenaiImageStream(
    call,
    response.content,
    progress,
  );
  const answer = parseOpenaiImageEvent(document);
  const vendorRequestId = readRequestId(response);
  if (!isDelivered) throw toNoOutput(call, answer, vendorRequestId);
  const { warnings } = request;
  return mapOpenaiImageResult(call, { answer, delivered: [0], vendorRequestId, warnings });
}

function readRequestId({ headers }: StreamedResponse): string | null {
  return toVendorRequestId(headers.get('x-request-id') ?? headers.get('apim-request-id'));
}

async function deliverUrls(
  call: ImageCall,
  answer: OpenaiImageAnswer,
  streamed: readonly number[],
): Promise<number[]> {
  const delivered: number[] = [];
  for (const [index, { url }] of answer.items.entries()) {
    if (url === null || streamed.includes(index)) continue;
    if (streamed.length + delivered.length >= call.n) break;
    await call.deliver({ index, kind: 'url', url }).catch((error: unknown) => {
      throw new ConsumerFault(error);
    });
    delivered.push(index);
  }
  return delivered;
}

/** Azure filters what was made, with status 200. Such a picture is not charged. */
function toFiltered({ model }: ImageCall, vendorRequestId: string | null): ProviderError {
  const base = { provider: 'openai', model, status: STATUS_OK, vendorRequestId };
  return new ProviderError('refused', { ...base, reason: 'content_filtered' });
}

/** A success without a picture is worth another try, unless the vendor counted output for it. */
function toNoOutput(
  call: ImageCall,
  answer: OpenaiImageAnswer,
  vendorRequestId: string | null,
): ProviderError {
  return new ProviderError('malformed', {
    provider: 'openai',
    model: call.model,
    status: STATUS_OK,
    reason: 'no_output',
    vendorRequestId,
    mayHaveBeenPaid: (mapOpenaiImageUsage(answer.usage)?.outputTokens ?? 0) > 0,
  });
}
