import type { FastifyReply } from 'fastify';
import type { DomainError } from '../../common/domain-error.js';
import { toWarningBody } from '../../billing/domain/budget-warning.js';
import type { BudgetWarning } from '../../billing/domain/settlement.js';
import { toOpenaiError } from '../../http/render-error.js';
import type { RequestContext } from '../../http/request-context.js';
import type { AnswerSink, AnswerStart } from '../../inference/answer-sink.js';
import { ReplySink } from '../chat/reply-sink.js';
import { addEventField } from './add-event-field.js';

/**
 * An answer of the Responses API on its way to the client. OpenAI's client throws at events that it does not know, and
 * passes over fields: what there is to say of budgets is a field of the first event.
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
    return this.inner.write(this.warnings.length === 0 ? bytes : this.addWarnings(bytes));
  }

  end(): void {
    this.inner.end();
  }

  /** As ReplySink.fail, in an event of the API's form. */
  fail(error: DomainError): boolean {
    if (!this.isStream || !this.reply.raw.headersSent) return this.inner.fail(error);
    this.context.errorCode = error.code;
    // Outside of the vendor's count, of which clients want a number all the same.
    const event = { type: 'error', sequence_number: 0, ...this.render(error) };
    void this.inner.write(Buffer.from(`event: error\ndata: ${JSON.stringify(event)}\n\n`));
    this.inner.end();
    return true;
  }

  private render(error: DomainError): object {
    return toOpenaiError({ error, requestId: this.context.id, path: '' });
  }

  private addWarnings(bytes: Uint8Array): Uint8Array {
    const warned = addEventField(bytes, 'budget_warnings', this.warnings.map(toWarningBody));
    if (warned) this.warnings = [];
    return warned ?? bytes;
  }
}
