import { Injectable, Logger } from '@nestjs/common';

type Listener = (connectionId: string) => Promise<unknown>;

/** Tells who remembers how calls on a connection went that they are made otherwise now, or no more. */
@Injectable()
export class CredentialChanges {
  private readonly logger = new Logger(CredentialChanges.name);
  private readonly listeners: Listener[] = [];

  register(listener: Listener): void {
    this.listeners.push(listener);
  }

  /** To be called once the change is committed. Never throws: the change holds, whoever heard of it. */
  async announce(connectionId: string): Promise<void> {
    const told = this.listeners.map(async (listener) => listener(connectionId));
    for (const result of await Promise.allSettled(told)) {
      if (result.status === 'fulfilled') continue;
      this.logger.warn(`a change of ${connectionId} was not heard: ${String(result.reason)}`);
    }
  }
}
