import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { CredentialChanges } from '../connections/credential-changes.js';
import { ConnectionGate } from './connection-gate.js';

/** So long other processes may still begin calls with the former credential, and be refused. */
const STRAGGLERS_MS = 3_000;

/**
 * What failed with a former credential says nothing of the new one: who mends a wrong key waits for nothing. Marks go at
 * once, and again for those that came of calls with the former one meanwhile.
 */
@Injectable()
export class MendedConnections implements OnModuleInit, OnApplicationShutdown {
  /** One for each connection that was changed within `STRAGGLERS_MS`. */
  private readonly timers = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly changes: CredentialChanges,
    private readonly gate: ConnectionGate,
  ) {}

  onModuleInit(): void {
    this.changes.register((connection) => this.forgive(connection));
  }

  onApplicationShutdown(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private async forgive(connection: string): Promise<void> {
    clearTimeout(this.timers.get(connection));
    const again = () => {
      this.timers.delete(connection);
      void this.gate.reset(connection);
    };
    this.timers.set(connection, setTimeout(again, STRAGGLERS_MS).unref());
    await this.gate.reset(connection);
  }
}
