import { AnthropicSimulator } from './anthropic.simulator.js';
import { BflSimulator } from './bfl.simulator.js';
import { ComfyuiSimulator } from './comfyui.simulator.js';
import { FalSimulator } from './fal.simulator.js';
import { FashnSimulator } from './fashn.simulator.js';
import { GeminiSimulator } from './gemini.simulator.js';
import { LeonardoSimulator } from './leonardo.simulator.js';
import { OllamaSimulator } from './ollama.simulator.js';
import { OpenaiSimulator } from './openai.simulator.js';
import { ReplicateSimulator } from './replicate.simulator.js';
import { RunwareSimulator } from './runware.simulator.js';
import { StabilitySimulator } from './stability.simulator.js';
import type { VendorSimulatorOptions } from './vendor-simulator.js';
import { VertexSimulator } from './vertex.simulator.js';

/** A simulator that was started, by what the service has to know of it. */
interface Simulator {
  readonly baseUrl: string;
  /** The credential that it takes, where that is not the key it was given. */
  readonly apiKey?: string;
  stop(): Promise<void>;
}

interface Vendor {
  name: string;
  /** What the settings call its key and its address. */
  key: string;
  address: string;
  start: (options: VendorSimulatorOptions) => Promise<Simulator>;
}

/** How long a job takes, so that a person sees it go on. */
const JOB_MS = 2_000;

/** The vendors of models, each a port higher than the one before: a new one is a line at the end. */
const VENDORS: readonly Vendor[] = [
  withKey('openai', 'OPENAI', (options) => OpenaiSimulator.start(options)),
  withKey('gemini', 'GOOGLE', (options) => GeminiSimulator.start(options)),
  {
    name: 'vertex',
    key: 'VERTEX_SERVICE_ACCOUNT',
    address: 'VERTEX_BASE_URL',
    start: (options) => VertexSimulator.start(options),
  },
  withKey('stability', 'STABILITY', (options) => StabilitySimulator.start(options)),
  withKey('bfl', 'BFL', (options) => BflSimulator.start({ ...options, jobMs: JOB_MS })),
  withKey('replicate', 'REPLICATE', (options) =>
    ReplicateSimulator.start({ ...options, jobMs: JOB_MS }),
  ),
  withKey('fal', 'FAL', (options) => FalSimulator.start({ ...options, jobMs: JOB_MS })),
  withKey('leonardo', 'LEONARDO', (options) =>
    LeonardoSimulator.start({ ...options, jobMs: JOB_MS }),
  ),
  withKey('comfyui', 'COMFYUI', (options) => ComfyuiSimulator.start(options)),
  withKey('ollama', 'OLLAMA', (options) => OllamaSimulator.start(options)),
  withKey('runware', 'RUNWARE', (options) => RunwareSimulator.start(options)),
  withKey('anthropic', 'ANTHROPIC', (options) => AnthropicSimulator.start(options)),
  withKey('fashn', 'FASHN', (options) => FashnSimulator.start({ ...options, jobMs: JOB_MS })),
];

function withKey(name: string, prefix: string, start: Vendor['start']): Vendor {
  return { name, key: `${prefix}_API_KEY`, address: `${prefix}_BASE_URL`, start };
}

export interface RunningSimulators {
  /** Settings of the service, by name. */
  environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/**
 * Starts a simulator of each vendor of models on this machine, for `npm run simulators`.
 * @param portFirst of the first vendor in the list; the others follow. 0 = any free ports
 * @param names the vendors wanted; empty = all. Each keeps its port
 * @throws Error naming the vendors there are, or the port that is taken
 */
export async function startSimulators(
  portFirst: number,
  names: readonly string[] = [],
): Promise<RunningSimulators> {
  const known = VENDORS.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Error(`no simulator ${unknown}; there are: ${known.join(', ')}`);
  const environment: Record<string, string> = {};
  const running: Simulator[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((simulator) => simulator.stop()));
  };
  for (const [at, { name, key, address, start }] of VENDORS.entries()) {
    if (names.length > 0 && !names.includes(name)) continue;
    const apiKey = `simulated-${name}-key`;
    const port = portFirst === 0 ? 0 : portFirst + at;
    try {
      const simulator = await start({ apiKey, port });
      running.push(simulator);
      environment[key] = simulator.apiKey ?? apiKey;
      environment[address] = simulator.baseUrl;
    } catch (cause) {
      await stop();
      throw new Error(`${name} cannot be simulated on port ${port}`, { cause });
    }
  }
  return { environment: { ...environment, OUTBOUND_ALLOW: '127.0.0.1' }, stop };
}
