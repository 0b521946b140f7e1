import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { KeyUsageWriter } from './domain/key-usage.writer.port.js';

const WRITE_EVERY_MS = 600_000;
const FLUSH_EVERY_MS = 5_000;
const KEYS_REMEMBERED_MAX = 10_000;

/** Notes that keys were used, off the request path: one statement for many keys, a key every ten minutes. */
@Injectable()
export class KeyUsageRecorder implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('KeyUsage');
  /** When each key's use was last noted; also what bounds the uses that wait. */
  private readonly notedAtMs = new Map<string, number>();
  private waiting = new Map<string, Date>();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly writer: KeyUsageWriter,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.flush(), FLUSH_EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.flush();
  }

  touch(keyId: string): void {
    const now = this.clock.now();
    const notedAtMs = this.notedAtMs.get(keyId);
    if (notedAtMs !== undefined && now.getTime() - notedAtMs < WRITE_EVERY_MS) return;
    this.notedAtMs.delete(keyId);
    if (this.notedAtMs.size >= KEYS_REMEMBERED_MAX) this.forgetOldest();
    this.notedAtMs.set(keyId, now.getTime());
    this.waiting.set(keyId, now);
  }

  /** Writes what waits. A failure costs a note, never a request: the key's next use notes it again. */
  async flush(): Promise<void> {
    if (this.waiting.size === 0) return;
    const uses = this.waiting;
    this.waiting = new Map();
    try {
      await this.writer.write(uses);
    } catch (error) {
      for (const keyId of uses.keys()) this.notedAtMs.delete(keyId);
      this.logger.warn(`when keys were last used is not written: ${(error as Error).message}`);
    }
  }

  private forgetOldest(): void {
    for (const keyId of this.notedAtMs.keys()) {
      this.notedAtMs.delete(keyId);
      this.waiting.delete(keyId);
      return;
    }
  }
}
