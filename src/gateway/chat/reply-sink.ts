import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { DomainError } from '../../common/domain-error.js';
import { toOpenaiError } from '../../http/render-error.js';
import type { RequestContext } from '../../http/request-context.js';
import type { AnswerSink, AnswerStart } from '../../inference/answer-sink.js';
import { toClientSignal } from '../client-signal.js';
import { toServedComment, toServedHeaders } from '../served-headers.js';
import { addBudgetWarnings, toWarningsEvent } from './budget-warnings.js';

const STATUS_OK = 200;
const PING = ':\n\n';
const MS_PER_S = 1_000;

/** An answer on its way to the client: a stream as it comes, a whole one when its money is posted. */
export class ReplySink implements AnswerSink {
  readonly signal: AbortSignal;
  private readonly raw: ServerResponse;
  private readonly parts: Uint8Array[] = [];
  private start: AnswerStart | null = null;
  private ping: NodeJS.Timeout | null = null;

  /** @param isStream whether the client asked for a stream */
  constructor(
    private readonly reply: FastifyReply,
    private readonly context: RequestContext,
    private readonly isStream: boolean,
    private readonly pingS: number,
  ) {
    this.raw = reply.raw;
    this.signal = toClientSignal(reply.raw);
  }

  admitted(): void {
    if (!this.isStream) return;
    this.ping = setInterval(() => this.sendPing(), this.pingS * MS_PER_S).unref();
  }

  begin(start: AnswerStart): void {
    this.start = start;
    if (!this.isStream) return;
    this.stopPings();
    // Pings went out with the headers: what those would have told stands before the first event.
    if (this.raw.headersSent && !this.raw.destroyed) this.raw.write(toServedComment(start));
    else this.openStream(start);
    if (start.warnings.length > 0) this.raw.write(toWarningsEvent(start));
  }

  write(bytes: Uint8Array): void | Promise<void> {
    if (!this.isStream) {
      this.parts.push(bytes);
      return undefined;
    }
    if (this.raw.destroyed || this.raw.write(bytes)) return undefined;
    return this.untilDrained();
  }

  /** The answer is whole and paid. */
  end(): void {
    this.stopPings();
    if (this.isStream) {
      this.raw.end();
      return;
    }
    const whole = this.parts.length === 1 ? Buffer.from(this.parts[0]!) : Buffer.concat(this.parts);
    const { warnings = [] } = this.start ?? {};
    void this.reply
      .headers(this.start ? toServedHeaders(this.start) : {})
      .type('application/json; charset=utf-8')
      .send(warnings.length > 0 ? addBudgetWarnings(whole, warnings) : whole);
  }

  /** False = nothing was sent yet: the error is to be answered as any other. */
  fail(error: DomainError): boolean {
    this.stopPings();
    if (!this.raw.headersSent) return false;
    this.context.errorCode = error.code;
    // Whoever does not read will not read this either; an open connection would outlive the service.
    if (this.raw.writableNeedDrain) {
      this.raw.destroy();
      return true;
    }
    const body = toOpenaiError({ error, requestId: this.context.id, path: '' });
    this.raw.end(`event: error\ndata: ${JSON.stringify(body)}\n\n`);
    return true;
  }

  private openStream(start: AnswerStart | null): void {
    if (this.raw.headersSent || this.raw.destroyed) return;
    this.reply.hijack();
    const { phases, id, startedAtMs } = this.context;
    phases.add('total', performance.now() - startedAtMs);
    this.raw.writeHead(STATUS_OK, {
      ...(this.reply.getHeaders() as Record<string, string>),
      ...(start && toServedHeaders(start)),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-request-id': id,
      'server-timing': phases.toServerTiming(),
    });
  }

  private sendPing(): void {
    this.openStream(null);
    if (!this.raw.destroyed && !this.raw.writableNeedDrain) this.raw.write(PING);
  }

  private stopPings(): void {
    if (this.ping) clearInterval(this.ping);
    this.ping = null;
  }

  private untilDrained(): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        this.raw.off('drain', go);
        this.raw.off('close', go);
        resolve();
      };
      this.raw.once('drain', go);
      this.raw.once('close', go);
    });
  }
}
