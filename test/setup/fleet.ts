/** The processes of one installation, by their roles: started together, killed and started again one by one. */
import type { Environment } from '../../src/config/read-settings.js';
import type { Installation } from './installation.js';
import { type Exit, ServiceProcess } from './service-process.js';

export type FleetRole = 'all' | 'api' | 'worker';

const LAST_WORDS_CHARACTERS = 3_000;

interface Place {
  role: FleetRole;
  service: ServiceProcess;
}

export class Fleet {
  private places: Place[] = [];

  constructor(
    private readonly installation: Installation,
    private readonly settings: Environment = {},
  ) {}

  /** One process for each role, all at once. */
  async start(roles: readonly FleetRole[]): Promise<void> {
    this.places = roles.map((role) => ({ role, service: this.launch(role) }));
    await Promise.all(this.places.map(({ service }) => service.becomeReady()));
  }

  /** Further ones, one after the other: many that start at once keep each other from it. */
  async join(roles: readonly FleetRole[]): Promise<void> {
    for (const role of roles) {
      const service = this.launch(role);
      this.places.push({ role, service });
      await service.becomeReady();
    }
  }

  /** Where requests may be sent at this moment. */
  addresses(): string[] {
    return this.places
      .filter(({ role, service }) => role !== 'worker' && service.isRunning && service.baseUrl)
      .map(({ service }) => service.baseUrl);
  }

  get services(): readonly ServiceProcess[] {
    return this.places.map(({ service }) => service);
  }

  get pids(): number[] {
    return this.services.filter(({ isRunning }) => isRunning).map(({ pid }) => pid);
  }

  /** At once, as a crash of the machine part they run on. */
  async kill(indexes: readonly number[]): Promise<void> {
    const hit = this.services.filter((_service, index) => indexes.includes(index));
    await Promise.all(hit.map((service) => service.kill()));
  }

  /** Starts what does not run, in its place, without waiting. */
  relaunch(): ServiceProcess[] {
    const gone = this.places.filter(({ service }) => !service.isRunning);
    for (const place of gone) place.service = this.launch(place.role);
    return gone.map(({ service }) => service);
  }

  /** Asks all to stop; answers how each ended. */
  stop(): Promise<Exit[]> {
    return Promise.all(this.services.map((service) => service.stop()));
  }

  /** The last words of processes that ended without being told to. */
  lastWords(): string[] {
    return this.services
      .filter(({ isRunning }) => !isRunning)
      .map(({ pid, output }) => `process ${pid} ended: ${output.slice(-LAST_WORDS_CHARACTERS)}`);
  }

  private launch(role: FleetRole): ServiceProcess {
    return ServiceProcess.launch({ ...this.installation.settings, ...this.settings, ROLE: role });
  }
}
