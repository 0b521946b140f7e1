import type { FastifyReply } from 'fastify';
import type { DomainError } from '../../common/domain-error.js';
import type { BudgetWarning } from '../../billing/domain/settlement.js';
import { toOpenaiError } from '../../http/render-error.js';
import type { RequestContext } from '../../http/request-context.js';
import type { AnswerSink, AnswerStart } from '../../inference/answer-sink.js';
import { toWarningBody } from '../chat/budget-warnings.js';
import { ReplySink } from '../chat/reply-sink.js';

/**
 * An answer of the Responses API on its way to the client. A stream must begin with `response.created`, so what there is
 * to say of budgets comes behind its last event, where readers of OpenAI's pass over what they do not know.
 */
export class ResponsesSink implements AnswerSink {
  private readonly inner: ReplySink;
  private warnings: readonly BudgetWarning[] = [];

  constructor(
    private readonly reply: FastifyReply,
    private readonly context: RequestContext,
    private readonly isStream: boolean,
    pingS: number,
  ) {
    this.inner = new ReplySink(reply, context, isStream, pingS);
  }

  get signal(): AbortSignal {
    return this.inner.signal;
  }

  admitted(): void {
    this.inner.admitted();
  }

  begin(start: AnswerStart): void {
    if (this.isStream) this.warnings = start.warnings;
    this.inner.begin(this.isStream ? { ...start, warnings: [] } : start);
  }

  write(bytes: Uint8Array): void | Promise<void> {
    return this.inner.write(bytes);
  }

  end(): void {
    if (this.warnings.length > 0) {
      this.tell('budget_warnings', { budget_warnings: this.warnings.map(toWarningBody) });
    }
    this.inner.end();
  }

  /** As ReplySink.fail, in an event of the API's form. */
  fail(error: DomainError): boolean {
    if (!this.isStream || !this.reply.raw.headersSent) return this.inner.fail(error);
    this.context.errorCode = error.code;
    this.tell('error', toOpenaiError({ error, requestId: this.context.id, path: '' }));
    this.inner.end();
    return true;
  }

  private tell(type: string, body: object): void {
    // Outside of the vendor's count, of which clients want a number all the same.
    const data = { type, sequence_number: 0, ...body };
    void this.inner.write(Buffer.from(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`));
  }
}
