import { Agent } from 'undici';
import { SystemClock } from '../../src/common/clock.js';
import type { JsonValue } from '../../src/common/json-value.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { ImageCall } from '../../src/providers/spec/image-call.js';
import type { ImageProviderStrategy } from '../../src/providers/spec/image-provider.strategy.js';
import type { ImageStatus } from '../../src/providers/spec/image-result.js';
import { createImageCall } from './image-call.factory.js';
import { finish } from './image-provider.contract.js';

interface JobSimulator {
  readonly baseUrl: string;
  jobMs: number;
  reset(): void;
  stop(): Promise<void>;
}

type ProviderClass = new (
  catalog: ModelCatalogService,
  http: ProviderHttp,
  clock: SystemClock,
) => ImageProviderStrategy;

/** One provider that answers later, and the simulator that it talks to. */
export class ProviderBench<S extends JobSimulator> {
  readonly provider: ImageProviderStrategy;
  private readonly http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));

  constructor(
    Provider: ProviderClass,
    readonly simulator: S,
    readonly base: { model: string; apiKey: string },
  ) {
    this.provider = new Provider(new ModelCatalogService(), this.http, new SystemClock());
  }

  prepare(overrides: Partial<ImageCall> = {}) {
    const { model, apiKey } = this.base;
    const credential = { baseUrl: this.simulator.baseUrl, apiKey };
    return createImageCall({ model, credential, ...overrides });
  }

  async run(overrides: Partial<ImageCall> = {}) {
    const { call, received } = this.prepare(overrides);
    return { result: await finish(this.provider, call), received };
  }

  /** The reference of a call that the vendor took. */
  async accept(call: ImageCall): Promise<JsonValue> {
    const submission = await this.provider.submit(call);
    if (submission.state !== 'accepted') throw new Error('not accepted');
    return submission.reference;
  }

  ask(call: ImageCall, reference: JsonValue): Promise<ImageStatus> {
    return this.provider.status!({ ...call, reference });
  }

  cancel(call: ImageCall, reference: JsonValue): Promise<void> {
    return this.provider.cancel!({ ...call, reference });
  }

  failAsking(call: ImageCall, reference: JsonValue): Promise<unknown> {
    return this.ask(call, reference).catch((error: unknown) => error);
  }

  /** As it was before a test. */
  reset(): void {
    this.simulator.reset();
    this.simulator.jobMs = 0;
  }

  async stop(): Promise<void> {
    await this.http.onApplicationShutdown();
    await this.simulator.stop();
  }
}
