// Proves that every image provider keeps the one contract: the embedded one, and openai against its simulator.
import { Agent } from 'undici';
import { SystemClock } from '../../src/common/clock.js';
import { EmbeddedProvider } from '../../src/providers/embedded/embedded.provider.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import { OpenaiProvider } from '../../src/providers/openai/openai.provider.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import { OpenaiSimulator } from '../simulators/openai.simulator.js';
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
