import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { GenerationsRepository } from './domain/generations.repository.port.js';

const BATCH_MAX = 256;
/** Marks beyond this are dropped: a client that repeats itself then attaches where it need not. */
const WAITING_MAX = 10_000;

/**
 * Remembers which answers reached their client, so that an OpenAI client that repeats itself after a
 * dropped connection attaches to what it never saw, and pays anew for what it did see.
 */
@Injectable()
export class DeliveryMarks {
  private readonly logger = new Logger(DeliveryMarks.name);
  private waiting: string[] = [];
  private isFlushing = false;

  constructor(private readonly repository: GenerationsRepository) {}

  /** Marks the generation once the whole answer was handed to the client's connection. */
  markWhenSent(generationId: string, reply: FastifyReply): void {
    reply.raw.once('finish', () => {
      if (reply.raw.socket?.destroyed || this.waiting.length >= WAITING_MAX) return;
      this.waiting.push(generationId);
      void this.flush();
    });
  }

  private async flush(): Promise<void> {
    if (this.isFlushing) return;
    this.isFlushing = true;
    try {
      while (this.waiting.length > 0) {
        await this.repository.markDelivered(this.waiting.splice(0, BATCH_MAX));
      }
    } catch (error) {
      this.logger.warn(`delivered answers could not be marked: ${String(error)}`);
    } finally {
      this.isFlushing = false;
    }
  }
}
