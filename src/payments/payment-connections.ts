import type { OnApplicationShutdown } from '@nestjs/common';
import type { Dispatcher } from 'undici';

/** The connections to the payment provider, closed when the process stops. */
export class PaymentConnections implements OnApplicationShutdown {
  constructor(readonly dispatcher: Dispatcher) {}

  async onApplicationShutdown(): Promise<void> {
    await this.dispatcher.destroy();
  }
}
