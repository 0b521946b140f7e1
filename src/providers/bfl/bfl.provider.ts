import type { Clock } from '../../common/clock.js';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { toSeedOf } from '../shared/fan-out-calls.js';
import { isVendorAddress } from '../shared/is-vendor-address.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import { submitJobs } from '../shared/order-jobs.js';
import type { ProviderHttp } from '../shared/provider-http.js';
import { parseJson } from '../shared/read-json.js';
import { requestJson } from '../shared/request-json.js';
import type { ImageCall, ImageStatusCall, ProviderCredential } from '../spec/image-call.js';
import type { ImageCapabilities } from '../spec/image-model.js';
import type { ImageProviderStrategy } from '../spec/image-provider.strategy.js';
import type { ImageStatus, ImageSubmission } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import { type BflJobAnswer, parseAcceptance, parseJobAnswer } from './bfl-image-api.js';
import { toBflImageOptions } from './bfl-image-options.js';
import { type BflJob, parseReference, toReference } from './bfl-order.js';
import { type BflImageRequest, convertToBflImageRequest } from './convert-to-bfl-image-request.js';
import { mapBflError } from './map-bfl-error.js';
import { type EndedJob, isReady, mapBflImageResult, toJobError } from './map-bfl-image-result.js';

const BASE_URL = 'https://api.bfl.ai';
/** Where its regions are, which answer for their own jobs. */
const DOMAIN = 'bfl.ai';
const SEED_MAX = 4_294_967_295;
const STATUS_NOT_FOUND = 404;

/** Black Forest Labs: each picture is a job, asked after where the vendor says. It cannot be told to stop. */
export class BflProvider implements ImageProviderStrategy {
  readonly id = 'bfl';
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
    toBflImageOptions(providerOptions);
  }

  async submit(call: ImageCall): Promise<ImageSubmission> {
    const options = toBflImageOptions(call.providerOptions);
    const model = this.catalog.findImageModel(call.model);
    const request = convertToBflImageRequest(call, model, options);
    return submitJobs(this.id, call, {
      count: call.n,
      order: (index): Promise<BflJob> => this.order(call, request, index),
      toReference: ({ jobs, shortfall }) =>
        toReference({
          jobs,
          asked: call.n,
          shortfall,
          isPromptRevised: options.prompt_upsampling === true,
          warnings: request.warnings,
        }),
    });
  }

  /** Nothing is delivered before all jobs have ended: until then every question may be repeated. */
  async status(call: ImageStatusCall): Promise<ImageStatus> {
    const order = parseReference(call.reference);
    if (!order) throw toForeign(call, 'unknown_reference');
    const ended = await Promise.all(
      order.jobs.map(async (job, index): Promise<EndedJob> => {
        return { index, job, answer: await this.ask(call, job) };
      }),
    );
    if (ended.some(({ answer }) => answer.state === 'pending')) {
      return { state: 'running', progress: toProgress(ended) };
    }
    const ready = ended.filter(isReady);
    const lost = ended.find((one) => !isReady(one));
    const failure = lost ? toJobError(call, lost) : null;
    if (failure && ready.length === 0) throw failure;
    for (const { index, answer } of ready) {
      await call.deliver({ index, kind: 'url', url: answer.sample });
    }
    return { state: 'finished', result: mapBflImageResult(order, ready, failure) };
  }

  /** One request and no repetition: only the runner knows whether a second one may cost money. */
  private async order(call: ImageCall, request: BflImageRequest, index: number): Promise<BflJob> {
    const { credential, signal } = call;
    const exchange = this.http.open(call.credential);
    try {
      const value = await requestJson(exchange, {
        url: `${toBaseUrl(credential)}/${request.path}`,
        headers: { ...toHeaders(credential), 'content-type': 'application/json' },
        body: request.write(toSeedOf(call.seed, index, SEED_MAX)),
        signal,
      });
      const { id, pollingUrl, microcredits } = parseAcceptance(value);
      if (id === null || pollingUrl === null)
        throw new MalformedAnswerError('no job in the answer');
      if (!isVendorAddress(pollingUrl, toBaseUrl(credential), DOMAIN)) {
        throw toForeign(call, 'foreign_polling_url');
      }
      return { id, url: pollingUrl, microcredits };
    } catch (error) {
      if (exchange.uploadFault !== null) throw exchange.uploadFault;
      throw mapBflError(error, call, exchange, this.clock.now());
    }
  }

  private async ask(call: ImageStatusCall, { url }: BflJob): Promise<BflJobAnswer> {
    const { credential, signal } = call;
    // Whoever changed the connection meanwhile has not thereby sent its key to where the old one was.
    if (!isVendorAddress(url, toBaseUrl(credential), DOMAIN)) {
      throw toForeign(call, 'foreign_polling_url');
    }
    const exchange = this.http.open(call.credential);
    try {
      const value = await requestJson(exchange, { url, headers: toHeaders(credential), signal });
      const answer = parseJobAnswer(value);
      if (answer.status === '') throw new MalformedAnswerError('no state in the answer');
      return answer;
    } catch (error) {
      const { status, bodyText } = exchange.failure ?? {};
      const told = parseJobAnswer(parseJson(bodyText ?? ''));
      if (status === STATUS_NOT_FOUND && told.state === 'gone') return told;
      throw mapBflError(error, call, exchange, this.clock.now(), true);
    }
  }
}

function toHeaders({ apiKey }: ProviderCredential): Record<string, string> {
  return { accept: 'application/json', ...(apiKey === null ? {} : { 'x-key': apiKey }) };
}

function toBaseUrl({ baseUrl }: ProviderCredential): string {
  return baseUrl?.replace(/\/+$/, '') ?? BASE_URL;
}

function toProgress(jobs: readonly EndedJob[]): number {
  const parts = jobs.map(({ answer }) => (answer.state === 'pending' ? (answer.progress ?? 0) : 1));
  return parts.reduce((sum, part) => sum + part, 0) / parts.length;
}

/** Nothing that a repetition would mend; the vendor may have worked. */
function toForeign({ model }: ImageCall | ImageStatusCall, reason: string): ProviderError {
  return new ProviderError('failed', { provider: 'bfl', model, reason, mayHaveBeenPaid: true });
}
