// Proves that every image provider keeps the one contract: the embedded one, the others against
// their simulators.
import { Agent } from 'undici';
import { SystemClock } from '../../src/common/clock.js';
import { BflProvider } from '../../src/providers/bfl/bfl.provider.js';
import { EmbeddedProvider } from '../../src/providers/embedded/embedded.provider.js';
import { GeminiProvider } from '../../src/providers/gemini/gemini.provider.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { OpenaiProvider } from '../../src/providers/openai/openai.provider.js';
import { ReplicateProvider } from '../../src/providers/replicate/replicate.provider.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import { StabilityProvider } from '../../src/providers/stability/stability.provider.js';
import { BflSimulator } from '../simulators/bfl.simulator.js';
import { GeminiSimulator } from '../simulators/gemini.simulator.js';
import { OpenaiSimulator } from '../simulators/openai.simulator.js';
import { ReplicateSimulator } from '../simulators/replicate.simulator.js';
import { StabilitySimulator } from '../simulators/stability.simulator.js';
import { describeImageProvider } from './image-provider.contract.js';

const KEY = 'sk-simulated-0123456789';

describeImageProvider('embedded', false, () =>
  Promise.resolve({
    provider: new EmbeddedProvider(new ModelCatalogService()),
    base: { model: 'embedded-image' },
    size: { widthPx: 80, heightPx: 48 },
    slow: { providerOptions: { delay_ms: 20_000 } },
    unsupported: { overrides: { steps: 30 }, field: 'steps' },
    refused: null,
    stop: () => Promise.resolve(),
  }),
);

describeImageProvider('openai', true, async () => {
  const simulator = await OpenaiSimulator.start({ apiKey: KEY });
  const http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  return {
    provider: new OpenaiProvider(new ModelCatalogService(), http, new SystemClock()),
    base: {
      model: 'gpt-image-2',
      credential: { baseUrl: simulator.baseUrl, apiKey: KEY },
    },
    size: { widthPx: 1024, heightPx: 1024 },
    slow: { prompt: 'wait for ever [sim:hang]' },
    unsupported: { overrides: { seed: 7 }, field: 'seed' },
    refused: { prompt: 'something bad [sim:moderation]' },
    stop: async () => {
      await http.onApplicationShutdown();
      await simulator.stop();
    },
  };
});

describeImageProvider('gemini', true, async () => {
  const simulator = await GeminiSimulator.start({ apiKey: KEY });
  const http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  return {
    provider: new GeminiProvider(new ModelCatalogService(), http, new SystemClock()),
    base: {
      model: 'gemini-3-pro-image',
      credential: { baseUrl: simulator.baseUrl, apiKey: KEY },
    },
    size: { widthPx: 1200, heightPx: 896 },
    slow: { prompt: 'wait for ever [sim:hang]' },
    unsupported: { overrides: { steps: 30 }, field: 'steps' },
    refused: { prompt: 'something bad [sim:image_safety]' },
    formats: [],
    defaultFormat: 'jpeg',
    hasTransparency: false,
    operations: { edit: {}, try_on: {} },
    namesUnreadable: false,
    stop: async () => {
      await http.onApplicationShutdown();
      await simulator.stop();
    },
  };
});

describeImageProvider('stability', true, async () => {
  const simulator = await StabilitySimulator.start({ apiKey: KEY });
  const http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  return {
    provider: new StabilityProvider(new ModelCatalogService(), http, new SystemClock()),
    base: {
      model: 'sd3.5-large',
      credential: { baseUrl: simulator.baseUrl, apiKey: KEY },
    },
    size: { widthPx: null, heightPx: null },
    madeSize: { width: 1024, height: 1024 },
    editedSize: { width: 96, height: 64 },
    slow: { prompt: 'wait for ever [sim:hang]' },
    unsupported: { overrides: { steps: 30 }, field: 'steps' },
    refused: { prompt: 'something bad [sim:filtered]' },
    hasTransparency: false,
    operations: { edit: {}, variation: {}, inpaint: { model: 'edit/inpaint' } },
    namesUnreadable: false,
    stop: async () => {
      await http.onApplicationShutdown();
      await simulator.stop();
    },
  };
});

describeImageProvider('bfl', true, async () => {
  const simulator = await BflSimulator.start({ apiKey: KEY, jobMs: 25 });
  const http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  return {
    provider: new BflProvider(new ModelCatalogService(), http, new SystemClock()),
    base: {
      model: 'flux-2-pro',
      credential: { baseUrl: simulator.baseUrl, apiKey: KEY },
    },
    size: { widthPx: 1024, heightPx: 768 },
    slow: { prompt: 'wait for ever [sim:hang]' },
    unsupported: { overrides: { steps: 30 }, field: 'steps' },
    refused: { prompt: 'something bad [sim:moderation]' },
    defaultFormat: 'jpeg',
    hasTransparency: false,
    operations: { edit: {} },
    namesUnreadable: false,
    stop: async () => {
      await http.onApplicationShutdown();
      await simulator.stop();
    },
  };
});

describeImageProvider('replicate', true, async () => {
  const simulator = await ReplicateSimulator.start({ apiKey: KEY, jobMs: 25 });
  const http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  return {
    provider: new ReplicateProvider(new ModelCatalogService(), http, new SystemClock()),
    base: {
      model: 'black-forest-labs/flux-dev',
      credential: { baseUrl: simulator.baseUrl, apiKey: KEY },
    },
    size: { widthPx: null, heightPx: null },
    madeSize: { width: 1024, height: 1024 },
    editedSize: { width: 96, height: 64 },
    slow: { prompt: 'wait for ever [sim:hang]' },
    unsupported: { overrides: { negativePrompt: 'blur' }, field: 'negative_prompt' },
    refused: { prompt: 'something bad [sim:moderation]' },
    defaultFormat: 'webp',
    hasTransparency: false,
    operations: { edit: {}, variation: {} },
    stop: async () => {
      await http.onApplicationShutdown();
      await simulator.stop();
    },
  };
});
