import type { Clock } from '../../common/clock.js';
import type { ModelCatalogService } from '../model-catalog.service.js';
import type { GoogleAccessToken, GoogleAccessTokens } from '../shared/google-access-tokens.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import type { ProviderHttp } from '../shared/provider-http.js';
import { sendToVendor } from '../shared/send-to-vendor.js';
import { ConsumerFault, streamImageJson } from '../shared/stream-image-json.js';
import type { ImageCall, ProviderCredential } from '../spec/image-call.js';
import type { ImageCapabilities } from '../spec/image-model.js';
import type { ImageProviderStrategy } from '../spec/image-provider.strategy.js';
import type { ImageResult, ImageSubmission } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import {
  convertToVertexImageRequest,
  type VertexImageRequest,
} from './convert-to-vertex-image-request.js';
import { mapTokenError, mapVertexError, toBadAccount } from './map-vertex-error.js';
import { mapVertexImageResult } from './map-vertex-image-result.js';
import { parsePredictions, PREDICT_FORM } from './vertex-image-api.js';
import { toVertexImageOptions } from './vertex-image-options.js';
import {
  BASE_URL,
  readServiceAccount,
  toLocation,
  type VertexAccount,
} from './vertex-service-account.js';

const PICTURE_BYTES_MAX = 104_857_600;
const STATUS_UNAUTHORIZED = 401;

/** Google Cloud's virtual try-on: one request for all pictures, with a token of a service account. */
export class VertexProvider implements ImageProviderStrategy {
  readonly id = 'vertex';
  readonly specification = 'image/1';

  constructor(
    private readonly catalog: ModelCatalogService,
    private readonly http: ProviderHttp,
    private readonly clock: Clock,
    private readonly tokens: GoogleAccessTokens,
  ) {}

  capabilities(modelId: string): ImageCapabilities | null {
    const model = this.catalog.findImageModel(modelId);
    return model?.provider === this.id ? model.capabilities : null;
  }

  assertOptions(providerOptions: Readonly<Record<string, unknown>>): void {
    toVertexImageOptions(providerOptions);
  }

  async submit(call: ImageCall): Promise<ImageSubmission> {
    const options = toVertexImageOptions(call.providerOptions);
    const model = this.catalog.findImageModel(call.model);
    const request = convertToVertexImageRequest(call, model, options);
    const account = readServiceAccount(call.credential);
    if (typeof account === 'string') throw toBadAccount(call.model, account);
    return { state: 'finished', result: await this.predictWithToken(call, request, account) };
  }

  /** A token that was kept may have been withdrawn. A request that was not let in has made nothing, so it may be repeated. */
  private async predictWithToken(
    call: ImageCall,
    request: VertexImageRequest,
    account: VertexAccount,
  ): Promise<ImageResult> {
    const { token, isCached } = await this.getToken(call, account, null);
    try {
      return await this.predict(call, request, { account, token });
    } catch (error) {
      const isRefused = error instanceof ProviderError && error.status === STATUS_UNAUTHORIZED;
      if (!isRefused || !isCached) throw error;
    }
    const renewed = await this.getToken(call, account, token);
    return this.predict(call, request, { account, token: renewed.token });
  }

  private async getToken(
    call: ImageCall,
    account: VertexAccount,
    refused: string | null,
  ): Promise<GoogleAccessToken> {
    try {
      return await this.tokens.get(account, call.signal, refused);
    } catch (error) {
      throw mapTokenError(error, call, this.clock.now());
    }
  }

  private async predict(
    call: ImageCall,
    request: VertexImageRequest,
    { account, token }: { account: VertexAccount; token: string },
  ): Promise<ImageResult> {
    const exchange = this.http.open(call.credential);
    const { credential, signal } = call;
    try {
      const { content } = await sendToVendor(exchange, {
        url: toUrl(credential, account, request.path),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: request.write(),
        signal,
      });
      const { document, streamed } = await streamImageJson(
        content,
        { picturesMax: call.n, pictureBytesMax: PICTURE_BYTES_MAX },
        (picture) => call.deliver({ ...picture, kind: 'bytes' }),
        PREDICT_FORM,
      );
      const predictions = parsePredictions(document);
      if (!predictions) throw new MalformedAnswerError('the answer has no predictions');
      return mapVertexImageResult(call, request, predictions, streamed);
    } catch (error) {
      // Whoever stores or supplies pictures knows best what went wrong there: it is not the vendor's fault.
      if (error instanceof ConsumerFault) throw error.cause;
      if (exchange.uploadFault !== null) throw exchange.uploadFault;
      throw mapVertexError(error, call, { exchange, token }, this.clock.now());
    }
  }
}

function toUrl(
  { baseUrl, query }: ProviderCredential,
  { projectId }: VertexAccount,
  path: string,
): string {
  const base = baseUrl?.replace(/\/+$/, '') ?? BASE_URL;
  const place = `projects/${encodeURIComponent(projectId)}/locations/${toLocation(base)}`;
  const url = new URL(`${base}/${place}/${path}`);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  return url.href;
}
