import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../common/clock.js';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import type { ProviderHttp } from '../shared/provider-http.js';
import { parseJson } from '../shared/read-json.js';
import { requestJson } from '../shared/request-json.js';
import type { VendorRequest } from '../shared/send-to-vendor.js';
import type { ImageCall, ImageStatusCall, InputImage } from '../spec/image-call.js';
import type { ImageCapabilities } from '../spec/image-model.js';
import type { ImageProviderStrategy } from '../spec/image-provider.strategy.js';
import type { ImageResult, ImageStatus, ImageSubmission } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import {
  convertToRunwareImageRequest,
  type RunwareImageRequest,
  writeUpload,
} from './convert-to-runware-image-request.js';
import { isOfQuestion, mapRunwareError, toFaultError } from './map-runware-error.js';
import { mapRunwareImageResult, toEnd } from './map-runware-image-result.js';
import { parseAnswer, type RunwareAnswer } from './runware-image-api.js';
import { toRunwareImageOptions } from './runware-image-options.js';
import { parseReference, type RunwareJob, toReference, toTaskId } from './runware-job.js';

const BASE_URL = 'https://api.runware.ai/v1';
/** How often a task is looked for whose order got no answer, and how long it is waited in between. */
const FIND_TRIES = 3;
const FIND_EVERY_MS = 300;

/** Runware: all pictures of a call are one task with an id of ours, asked after by it. It cannot be told to stop. */
export class RunwareProvider implements ImageProviderStrategy {
  readonly id = 'runware';
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
    toRunwareImageOptions(providerOptions);
  }

  async submit(call: ImageCall): Promise<ImageSubmission> {
    const options = toRunwareImageOptions(call.providerOptions);
    const model = this.catalog.findImageModel(call.model);
    const request = convertToRunwareImageRequest(call, model, options);
    const imageIds: string[] = [];
    for (const [at, image] of request.pictures.entries()) {
      imageIds.push(await this.upload(call, toTaskId(call.attemptId, `picture ${at}`), image));
    }
    const { taskId, warnings } = request;
    const job = { taskId, asked: call.n, warnings };
    const answer = await this.order(call, request, imageIds);
    // Some tasks end at once although nobody asked them to.
    if (isWhole(answer, job)) return this.conclude(call, job, answer);
    return { state: 'accepted', reference: toReference(job) };
  }

  /** Nothing is delivered before the task has ended: until then every question may be repeated. */
  async status(call: ImageStatusCall): Promise<ImageStatus> {
    const job = parseReference(call.reference);
    if (!job) {
      const base = { provider: this.id, model: call.model, mayHaveBeenPaid: true };
      throw new ProviderError('failed', { ...base, reason: 'unknown_reference' });
    }
    const answer = await this.ask(call, job.taskId);
    if (isWhole(answer, job)) return this.conclude(call, job, answer);
    const shares = answer.items.map(({ url, progress }) => (url === null ? progress : 1));
    const known = shares.filter((share) => share !== null);
    const sum = known.reduce((total, share) => total + share, 0);
    return { state: 'running', progress: known.length === 0 ? null : sum / job.asked };
  }

  private async conclude(
    call: ImageCall | ImageStatusCall,
    job: RunwareJob,
    answer: RunwareAnswer,
  ): Promise<{ state: 'finished'; result: ImageResult }> {
    const end = toEnd(call, job, answer);
    for (const { index, url } of end.shown) await call.deliver({ index, kind: 'url', url });
    return { state: 'finished', result: mapRunwareImageResult(job, end) };
  }

  /** The vendor's name for a picture, which it keeps for a month after its last use. */
  private async upload(call: ImageCall, taskId: string, image: InputImage): Promise<string> {
    const { items, faults } = await this.post(call, taskId, writeUpload(taskId, image));
    const [fault] = faults;
    if (fault) throw toFaultError(call, fault, taskId);
    const imageId = items[0]?.imageId ?? null;
    if (imageId !== null) return imageId;
    const base = { provider: this.id, model: call.model };
    throw new ProviderError('malformed', { ...base, reason: 'upload_failed' });
  }

  /** The task's id is ours: when the order's answer was lost, the task may be found by it. */
  private async order(
    call: ImageCall,
    request: RunwareImageRequest,
    imageIds: readonly string[],
  ): Promise<RunwareAnswer> {
    const { taskId } = request;
    try {
      const answer = await this.post(call, taskId, request.write(imageIds));
      const [fault] = answer.faults;
      if (fault && answer.items.length === 0) throw toFaultError(call, fault, taskId);
      return answer;
    } catch (error) {
      const isLost = error instanceof ProviderError && error.mayHaveBeenPaid;
      const found = isLost ? await this.find(call, taskId) : null;
      if (!found) throw error;
      return found;
    }
  }

  /** Null = the vendor does not know of it. */
  private async find(call: ImageCall, taskId: string): Promise<RunwareAnswer | null> {
    for (let tries = 0; tries < FIND_TRIES && !call.signal.aborted; tries += 1) {
      if (tries > 0) {
        await sleep(FIND_EVERY_MS, undefined, { signal: call.signal }).catch(() => null);
      }
      try {
        const answer = await this.ask({ ...call, reference: null }, taskId);
        if (answer.items.length > 0) return answer;
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
      }
    }
    return null;
  }

  /** What is known of a task. Errors of the task are part of the answer, those of the question are thrown. */
  private async ask(call: ImageStatusCall, taskId: string): Promise<RunwareAnswer> {
    const body = JSON.stringify([{ taskType: 'getResponse', taskUUID: taskId }]);
    const answer = await this.post(call, taskId, body, true);
    const fault = answer.faults.find(isOfQuestion);
    if (!fault) return answer;
    throw toFaultError(call, fault, taskId, true);
  }

  /** One request and no repetition: only the runner knows whether a second one may cost money. */
  private async post(
    call: ImageCall | ImageStatusCall,
    taskId: string,
    body: VendorRequest['body'],
    isAccepted = false,
  ): Promise<RunwareAnswer> {
    const exchange = this.http.open(call.credential);
    const { credential, signal } = call;
    const { apiKey } = credential;
    try {
      const value = await requestJson(exchange, {
        url: credential.baseUrl?.replace(/\/+$/, '') ?? BASE_URL,
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
        },
        body,
        signal,
      });
      const answer = parseAnswer(value, taskId);
      if (!answer) throw new MalformedAnswerError('neither data nor errors in the answer');
      return answer;
    } catch (error) {
      if (exchange.uploadFault !== null) throw exchange.uploadFault;
      // How a task ended is also told with statuses that are no success.
      const told = isAccepted
        ? parseAnswer(parseJson(exchange.failure?.bodyText ?? ''), taskId)
        : null;
      if (told && told.faults.length > 0 && !told.faults.some(isOfQuestion)) return told;
      throw mapRunwareError(error, call, exchange, this.clock.now(), isAccepted);
    }
  }
}

/** Whether nothing more will come of a task: each picture is there or failed, or one failure stands for the rest. */
function isWhole({ items, faults }: RunwareAnswer, { asked }: RunwareJob): boolean {
  const made = items.filter(({ url }) => url !== null).length;
  const isWorking = made < items.length;
  return made + faults.length >= asked || (faults.length > 0 && !isWorking);
}
