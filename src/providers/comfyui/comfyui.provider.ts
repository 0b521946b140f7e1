import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../common/clock.js';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { mapAbort } from '../shared/map-abort.js';
import type { ProviderHttp } from '../shared/provider-http.js';
import type { ImageCall, ImageStatusCall } from '../spec/image-call.js';
import type { ImageCapabilities } from '../spec/image-model.js';
import type { ImageProviderStrategy } from '../spec/image-provider.strategy.js';
import type { ImageStatus, ImageSubmission } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import type { JobEnd } from './comfyui-image-api.js';
import { toComfyuiImageOptions } from './comfyui-image-options.js';
import { type ComfyuiJob, parseReference, toReference } from './comfyui-job.js';
import { ComfyuiServer } from './comfyui-server.js';
import { convertToComfyuiImageRequest } from './convert-to-comfyui-image-request.js';
import { mapComfyuiImageResult, toJobError } from './map-comfyui-image-result.js';

/** How long one question stays on the server's socket while the job runs. */
const LISTEN_MS = 5_000;
/** How often a job is looked for whose order got no answer, and how long it is waited in between. */
const FIND_TRIES = 3;
const FIND_EVERY_MS = 300;
/** How often one picture is fetched before it is given up. */
const FETCH_TRIES = 3;

/** A ComfyUI server of the operator's own: a graph of our workflows is one job, which makes all pictures of a call. */
export class ComfyuiProvider implements ImageProviderStrategy {
  readonly id = 'comfyui';
  readonly specification = 'image/1';

  /** @param listenMs how long a question about a running job listens to its progress */
  constructor(
    private readonly catalog: ModelCatalogService,
    private readonly http: ProviderHttp,
    private readonly clock: Clock,
    private readonly listenMs = LISTEN_MS,
  ) {}

  capabilities(modelId: string): ImageCapabilities | null {
    const model = this.catalog.findImageModel(modelId);
    return model?.provider === this.id ? model.capabilities : null;
  }

  assertOptions(providerOptions: Readonly<Record<string, unknown>>): void {
    toComfyuiImageOptions(providerOptions);
  }

  async submit(call: ImageCall): Promise<ImageSubmission> {
    const options = toComfyuiImageOptions(call.providerOptions);
    const model = this.catalog.findImageModel(call.model);
    const request = convertToComfyuiImageRequest(call, model, options);
    const { seed, preview, warnings } = request;
    const server = new ComfyuiServer(this.http, this.clock, call, false);
    const names: Record<string, string> = {};
    for (const [slot, image] of request.pictures) {
      const ending = image.name.split('.').at(-1) ?? 'png';
      names[slot] = await server.upload(`${call.attemptId}-${slot}.${ending}`, image);
    }
    const promptId = await this.order(call, server, request.write(names));
    const job = { promptId, clientId: call.attemptId, asked: call.n, seed, preview, warnings };
    return { state: 'accepted', reference: toReference(job) };
  }

  async status(call: ImageStatusCall): Promise<ImageStatus> {
    const job = parseReference(call.reference);
    if (!job) {
      const base = { provider: this.id, model: call.model, mayHaveBeenPaid: true };
      throw new ProviderError('failed', { ...base, reason: 'unknown_reference' });
    }
    const server = new ComfyuiServer(this.http, this.clock, call, true);
    const end = (await server.findEnd(job.promptId)) ?? (await this.follow(call, server, job));
    return 'state' in end ? end : this.conclude(call, server, job, end);
  }

  /** Out of the queue, or stopped where it runs; what has ended by then stays as it is. */
  async cancel(call: ImageStatusCall): Promise<void> {
    const { promptId = null } = parseReference(call.reference) ?? {};
    if (promptId === null) return;
    const server = new ComfyuiServer(this.http, this.clock, call, true);
    await server.removeFromQueue(promptId);
    // What runs may be somebody else's.
    if ((await server.findPlace(promptId)) === 'running') await server.interrupt(promptId);
  }

  /** The job's id is ours: when the order's answer was lost, the job may be found by it. */
  private async order(call: ImageCall, server: ComfyuiServer, graph: object): Promise<string> {
    try {
      return await server.order(call.attemptId, graph);
    } catch (error) {
      const isLost = error instanceof ProviderError && error.mayHaveBeenPaid;
      if (!isLost || !(await this.isFound(call, server))) throw error;
      return call.attemptId;
    }
  }

  private async isFound({ attemptId, signal }: ImageCall, server: ComfyuiServer): Promise<boolean> {
    for (let tries = 0; tries < FIND_TRIES && !signal.aborted; tries += 1) {
      if (tries > 0) await sleep(FIND_EVERY_MS, undefined, { signal }).catch(() => null);
      try {
        if ((await server.findPlace(attemptId)) !== 'absent') return true;
        if ((await server.findEnd(attemptId)) !== null) return true;
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
      }
    }
    return false;
  }

  /** Of a job without history: how it goes on, or its end if that comes while we listen. */
  private async follow(
    call: ImageStatusCall,
    server: ComfyuiServer,
    job: ComfyuiJob,
  ): Promise<JobEnd | ImageStatus> {
    const place = await server.findPlace(job.promptId);
    if (place === 'absent') {
      // It has ended between the two questions, or it is gone.
      const end = await server.findEnd(job.promptId);
      if (!end) throw toJobError(call, job, null);
      return end;
    }
    const { isConnected, fraction } = await server.listen(job, this.listenMs);
    if (call.signal.aborted) {
      const base = { provider: this.id, model: call.model, mayHaveBeenPaid: true };
      throw mapAbort(call.signal, base);
    }
    const end = isConnected ? await server.findEnd(job.promptId) : null;
    return end ?? { state: 'running', progress: fraction };
  }

  private async conclude(
    call: ImageStatusCall,
    server: ComfyuiServer,
    job: ComfyuiJob,
    end: JobEnd,
  ): Promise<ImageStatus> {
    const pictures = end.pictures.slice(0, job.asked);
    if (pictures.length === 0 || end.failure || end.isInterrupted) throw toJobError(call, job, end);
    const delivered: number[] = [];
    let failure: ProviderError | null = null;
    for (const [index, picture] of pictures.entries()) {
      try {
        await this.fetch(call, () => server.deliver(index, picture, job.preview));
        delivered.push(index);
      } catch (error) {
        // Before the first picture came, the whole question may be repeated; after it, none may come twice.
        const isLost = error instanceof ProviderError && delivered.length > 0;
        if (!isLost || call.signal.aborted) throw error;
        failure = error;
      }
    }
    const answered = end.pictures.length;
    return {
      state: 'finished',
      result: mapComfyuiImageResult(job, delivered, answered, failure),
    };
  }

  /** Fetching costs nothing; what was torn is fetched again. */
  private async fetch({ signal }: ImageStatusCall, deliver: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await deliver();
      } catch (error) {
        const isOver = tries >= FETCH_TRIES || signal.aborted;
        if (isOver || !(error instanceof ProviderError)) throw error;
      }
    }
  }
}
