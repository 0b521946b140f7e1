import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { assert } from '../common/assert.js';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { assertDelivered } from '../generations/assert-delivered.js';
import {
  type CreateOptions,
  CreateGenerationService,
  type Creation,
} from '../generations/create-generation.service.js';
import { DeliveryMarks } from '../generations/delivery-marks.js';
import { type Generation, isConcluded } from '../generations/domain/generation.js';
import type { GenerationRequest } from '../generations/domain/generation-request.js';
import { toRepetition } from '../generations/domain/idempotency.js';
import { toSession } from '../generations/domain/session.js';
import { GenerationLinks } from '../generations/generation-links.js';
import type { GenerationView } from '../generations/generation-view.js';
import { PartialPictures } from '../generations/partial-pictures.js';
import { toOpenaiError } from '../http/render-error.js';
import type { RequestContext } from '../http/request-context.js';
import { toDomainError } from '../http/to-domain-error.js';
import { MediaService } from '../media/media.service.js';
import { ImageEventQueue, type ImageNews } from './image-event-queue.js';
import { toHeaderText, toModelComment } from './served-headers.js';
import {
  type ImageEventFamily,
  PING,
  toErrorEvent,
  writeCompleted,
  writePartial,
} from './to-image-events.js';
import { toBase64Answer, toLinksAnswer } from './to-images-answer.js';

export type RequestHeaders = Record<string, string | string[] | undefined>;

/** One request of the OpenAI address, read and checked. */
export interface AskedImages {
  context: RequestContext;
  headers: RequestHeaders;
  reply: FastifyReply;
  /** `POST /v1/images/edits`: the scope of idempotency keys. */
  route: string;
  request: GenerationRequest;
  fingerprint: string;
  responseFormat: 'url' | 'b64_json';
  /** Null = one answer when all is done. */
  stream: ImageEventFamily | null;
}

const MS_PER_S = 1_000;
const JSON_TYPE = 'application/json; charset=utf-8';
const EVENTS_TYPE = 'text/event-stream; charset=utf-8';

/** Makes the pictures of the OpenAI address and answers with them, at once or by events. */
@Injectable()
export class ImageAnswers {
  constructor(
    private readonly config: AppConfig,
    private readonly generations: CreateGenerationService,
    private readonly media: MediaService,
    private readonly links: GenerationLinks,
    private readonly marks: DeliveryMarks,
    private readonly partials: PartialPictures,
  ) {}

  /** @throws DomainError as long as nothing was sent; then an error is an event. */
  async send(asked: AskedImages): Promise<void> {
    if (asked.stream) return this.sendEvents(asked, asked.stream);
    const { syncWaitS } = this.config.generations;
    const { view, isReplay } = await this.create(asked, syncWaitS);
    const { reply } = asked;
    if (isReplay) void reply.header('Idempotency-Replayed', 'true');
    tellRun(reply, view.generation);
    this.assertEnded(view, reply);
    const answer =
      asked.responseFormat === 'url'
        ? toLinksAnswer(view, this.links)
        : toBase64Answer(view, this.media);
    void reply.type(JSON_TYPE).send(answer);
  }

  /**
   * Nothing is sent before something is known of the picture, or the client has waited long enough for a sign of life:
   * what fails until then is an ordinary error, which clients know how to repeat.
   */
  private async sendEvents(asked: AskedImages, family: ImageEventFamily): Promise<void> {
    const { reply } = asked;
    const queue = this.start(asked);
    const pingMs = this.config.inference.pingS * MS_PER_S;
    let first = await queue.next(pingMs);
    while (first === null && !queue.isAdmitted) first = await queue.next(pingMs);
    if (first?.kind === 'failed') throw first.error;
    if (first?.kind === 'created') {
      if (first.creation.isReplay) void reply.header('Idempotency-Replayed', 'true');
      tellRun(reply, first.creation.view.generation);
      this.assertEnded(first.creation.view, reply);
    } else if (first) tellRun(reply, first.generation);
    else if (queue.generation) tellRun(reply, queue.generation);
    const events = this.writeEvents(asked, family, queue, first);
    void reply
      .type(EVENTS_TYPE)
      .headers({ 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' })
      .send(Readable.from(events, { objectMode: false, encoding: 'utf8' }));
  }

  /** The run belongs to its row: it ends as it does, whoever still listens. */
  private start(asked: AskedImages): ImageEventQueue {
    const queue = new ImageEventQueue();
    const { syncWaitS, deadlineS } = this.config.generations;
    const { raw } = asked.reply;
    let listening: string | null = null;
    const forget = () => listening !== null && this.partials.forget(listening);
    const creation = this.create(asked, Math.max(syncWaitS, deadlineS), (admitted) => {
      queue.isAdmitted = true;
      queue.generation = admitted.generation;
      if (raw.destroyed) return;
      listening = admitted.generationId;
      this.partials.listen(listening, (partial, generation) =>
        queue.pushPartial(partial, generation),
      );
    });
    raw.once('close', forget);
    void creation
      .then(
        (done) => queue.finish({ kind: 'created', creation: done }),
        (error: unknown) => queue.finish({ kind: 'failed', error }),
      )
      .finally(forget);
    return queue;
  }

  private async *writeEvents(
    asked: AskedImages,
    family: ImageEventFamily,
    queue: ImageEventQueue,
    first: ImageNews | null,
  ): AsyncGenerator<string> {
    const pingMs = this.config.inference.pingS * MS_PER_S;
    let isTold = first !== null || queue.generation !== null;
    for (let news = first; ; news = await queue.next(pingMs)) {
      if (!isTold && news !== null && news.kind !== 'failed') {
        isTold = true;
        yield toRunComment(news);
      }
      if (news === null) yield PING;
      else if (news.kind === 'partial') yield* writePartial(family, news.partial, news.generation);
      else return yield* this.writeEnd(asked, family, news);
    }
  }

  private async *writeEnd(
    { context, reply }: AskedImages,
    family: ImageEventFamily,
    news: Exclude<ImageNews, { kind: 'partial' }>,
  ): AsyncGenerator<string> {
    try {
      if (news.kind === 'failed') throw news.error;
      this.assertEnded(news.creation.view, reply);
    } catch (thrown) {
      const error = toDomainError(thrown);
      context.errorCode = error.code;
      yield toErrorEvent(toOpenaiError({ error, requestId: context.id, path: '' }));
      return;
    }
    yield* writeCompleted(family, news.creation.view, this.media);
  }

  /** OpenAI's clients send no Idempotency-Key; any of them may repeat itself after a dropped connection. */
  private create(
    { context, headers, request, route, fingerprint }: AskedImages,
    waitS: number,
    onAdmitted?: CreateOptions['onAdmitted'],
  ): Promise<Creation> {
    const { caller, phases } = context;
    assert(caller, 'pictures were asked for without a caller');
    return this.generations.create(
      { ...request, session: toSession(headers) },
      { caller, route, fingerprint, repetition: toRepetition(headers), isRepeatable: true },
      { preference: { waitS, applied: null }, phases, onAdmitted },
    );
  }

  /** @throws DomainError of what failed, or is not ready in time */
  private assertEnded(view: GenerationView, reply: FastifyReply): void {
    const { id, status } = view.generation;
    if (!isConcluded(status)) throw toLate(id);
    this.marks.markWhenSent(id, reply);
    assertDelivered(view, { id });
  }
}

/** What really runs, whatever was asked for. */
function tellRun(reply: FastifyReply, { id, model, provider }: Generation): void {
  const used = toHeaderText(model);
  void reply.headers({ 'x-generation-id': id, 'x-model-used': used, 'x-provider': provider });
}

/** What the headers would have told, had it been known when they went out with a ping. */
function toRunComment(news: Exclude<ImageNews, { kind: 'failed' }>): string {
  const { id, model, provider } =
    news.kind === 'partial' ? news.generation : news.creation.view.generation;
  return `${toModelComment(model)}: provider ${provider}\n: generation-id ${id}\n\n`;
}

/** The run goes on; a client that repeats itself attaches to it. */
function toLate(generationId: string): DomainError {
  return new DomainError(
    'idempotency.in_progress',
    'The pictures are not ready yet. Send the request again to wait on, or see ' +
      'GET /api/v1/image-generations/{generation_id}.',
    { retryAfterS: 1, details: { generation_id: generationId } },
  );
}
