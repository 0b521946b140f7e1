import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Clock } from '../../common/clock.js';
import { AppConfig } from '../../config/app-config.js';
import { answerPicture } from './answer-picture.js';
import type { ServedPicture } from './served-picture.js';

const MS_PER_S = 1_000;
/** However slowly a client reads, by then it is done. */
const ANSWER_MAX_MS = 30 * 60_000;

/** The one way by which stored pictures leave: see answerPicture for what is answered. */
@Injectable()
export class PictureSender {
  private readonly stallMs: number;

  constructor(
    private readonly clock: Clock,
    config: AppConfig,
  ) {
    this.stallMs = config.serving.stallS * MS_PER_S;
  }

  /** @throws what the picture throws, while nothing is sent yet */
  async send(picture: ServedPicture, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const answer = await answerPicture(picture, request, this.clock.now());
    if (reply.raw.destroyed) {
      destroy(answer.stream);
      return;
    }
    void reply.status(answer.status).headers(answer.headers);
    if (answer.stream) this.bound(reply);
    // Without a stream Fastify would put its own length into the answer to HEAD.
    if (answer.stream === null && answer.status === 200) void reply.send(Readable.from([]));
    else void reply.send(answer.stream ?? undefined);
  }

  /** Fastify ends the stream with the connection; a connection that nobody reads from is ended here. */
  private bound({ raw }: FastifyReply): void {
    const timer = setTimeout(() => raw.destroy(), ANSWER_MAX_MS).unref();
    raw.once('close', () => clearTimeout(timer));
    raw.setTimeout(this.stallMs, () => raw.destroy());
  }
}

function destroy(stream: NodeJS.ReadableStream | null): void {
  if (stream instanceof Readable) stream.destroy();
}
