import { randomInt } from 'node:crypto';
import type { ModelCatalogService } from '../model-catalog.service.js';
import { listUnsupportedOptions } from '../shared/list-unsupported-options.js';
import { mapAbort, untilAborted } from '../shared/map-abort.js';
import { splitBytes } from '../shared/split-bytes.js';
import { formatSize } from '../size-rule.js';
import type { ImageCall, InputImage } from '../spec/image-call.js';
import type { ImageCapabilities } from '../spec/image-model.js';
import type { ImageProviderStrategy } from '../spec/image-provider.strategy.js';
import type { ImageFacts, ImageSubmission } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';
import { renderPreview, waitAloud } from './embedded-progress.js';
import { assertFeasible } from './assert-feasible.js';
import { toEmbeddedImageOptions } from './embedded-image-options.js';
import { type ReadImage, readInputImage } from './read-input-image.js';
import { RenderQueue } from './render-queue.js';
import { renderImage, type RenderInputs, toRenderSize } from './render-image.js';

const SEED_RANGE = 4_294_967_296;

/**
 * Makes real pictures in this process from the prompt alone: no key, no network, no fonts. The same prompt and seed
 * give the same picture; picture i of several is the one of seed + i.
 */
export class EmbeddedProvider implements ImageProviderStrategy {
  readonly id = 'embedded';
  readonly specification = 'image/1';
  private readonly queue = new RenderQueue();

  constructor(private readonly catalog: ModelCatalogService) {}

  capabilities(modelId: string): ImageCapabilities | null {
    const model = this.catalog.findImageModel(modelId);
    return model?.provider === this.id ? model.capabilities : null;
  }

  assertOptions(providerOptions: Readonly<Record<string, unknown>>): void {
    toEmbeddedImageOptions(providerOptions);
  }

  async submit(call: ImageCall): Promise<ImageSubmission> {
    const capabilities = this.capabilities(call.model);
    if (!capabilities) throw this.toError('invalid_request', call, 'model_not_found');
    const { delayMs } = toEmbeddedImageOptions(call.providerOptions);
    const seed = call.seed ?? randomInt(SEED_RANGE);
    const inputs = await this.waitFor(delayMs, call, seed);
    const images: ImageFacts[] = [];
    for (let index = 0; index < call.n; index += 1) {
      const imageSeed = (seed + index) % SEED_RANGE;
      const picture = await this.render(call, inputs, imageSeed);
      call.onProgress?.({ step: 'rendering', fraction: (index + 1) / call.n });
      await call.deliver({ index, kind: 'bytes', bytes: splitBytes(picture) });
      images.push({ index, revisedPrompt: null, seed: imageSeed });
    }
    return {
      state: 'finished',
      result: {
        deliveredCount: images.length,
        answeredCount: images.length,
        images,
        usage: null,
        served: {
          size: formatSize(toRenderSize(call, inputs.inputs)),
          quality: call.quality === 'auto' ? null : (call.quality ?? null),
          outputFormat: call.outputFormat ?? 'png',
        },
        vendorRequestId: null,
        warnings: listUnsupportedOptions(call, capabilities),
        providerNote: { rendered: 'procedural' },
      },
    };
  }

  /** Pictures that go in are read after the wait, as a slow vendor does; a preview on the way reads them for itself. */
  private async waitFor(delayMs: number, call: ImageCall, seed: number): Promise<RenderInputs> {
    if (delayMs === 0) return this.readInputs(call);
    const showPreview = async () => {
      const inputs = await this.readInputs(call);
      return this.queue.run(call.signal, () => renderPreview(call, inputs, seed));
    };
    try {
      await waitAloud(call, delayMs, showPreview);
    } catch (error) {
      if (call.signal.aborted) throw this.toAborted(call);
      throw error;
    }
    return this.readInputs(call);
  }

  private async render(call: ImageCall, inputs: RenderInputs, seed: number): Promise<Buffer> {
    try {
      const work = this.queue.run(call.signal, () => renderImage(call, inputs, seed));
      return await untilAborted(work, call.signal);
    } catch (error) {
      if (call.signal.aborted) throw this.toAborted(call);
      throw new ProviderError('failed', { provider: this.id, model: call.model, cause: error });
    }
  }

  private async readInputs(call: ImageCall): Promise<RenderInputs> {
    const ordered = orderInputs(call);
    const inputs: ReadImage[] = [];
    for (const image of ordered) inputs.push(await readInputImage(image, call.model));
    const mask = call.mask ? await readInputImage(call.mask, call.model) : null;
    assertFeasible(call, inputs);
    return { inputs, mask };
  }

  private toAborted(call: ImageCall): ProviderError {
    return mapAbort(call.signal, { provider: this.id, model: call.model });
  }

  private toError(kind: 'invalid_request', call: ImageCall, reason: string): ProviderError {
    return new ProviderError(kind, { provider: this.id, model: call.model, reason });
  }
}

/** Person first, garment second; pictures without such a role keep their order. Only the first two are drawn. */
function orderInputs(call: ImageCall): InputImage[] {
  if (call.operation === 'generate') return [];
  if (call.operation !== 'try_on') return call.inputImages.slice(0, 1);
  const person = call.inputImages.find((image) => image.role === 'person');
  const garment = call.inputImages.find((image) => image.role === 'garment');
  const others = call.inputImages.filter((image) => image !== person && image !== garment);
  return [person ?? others.shift(), garment ?? others.shift()].filter(
    (image) => image !== undefined,
  );
}
