import type { OnApplicationShutdown } from '@nestjs/common';
import type { Dispatcher } from 'undici';

/** The connections to the backend, closed when the process stops. */
export class BackendConnections implements OnApplicationShutdown {
  constructor(readonly dispatcher: Dispatcher) {}

  async onApplicationShutdown(): Promise<void> {
    await this.dispatcher.destroy();
  }
}
