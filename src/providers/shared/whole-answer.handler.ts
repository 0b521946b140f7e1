import type { Dispatcher } from 'undici';
import { GatheredBytes } from './gathered-bytes.js';
import { MalformedAnswerError } from './malformed-answer.error.js';

const STATUS_FINAL_MIN = 200;

type Controller = Dispatcher.DispatchController;
type RawHeaders = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/** An answer that was read to its end, or a failure of which enough was read. */
export interface WholeAnswer {
  status: number;
  /** By names in lower case. */
  headers: RawHeaders;
  bytes: Buffer;
}

export interface WholeAnswerOptions {
  signal: AbortSignal;
  /** Most bytes of a body: of a success more is no answer, of anything else no more is read. */
  toBytesMax: (status: number) => number;
  isSuccess: (status: number) => boolean;
  /** Called when the request is about to be written to its socket. */
  mark: () => void;
}

/**
 * Gathers a bounded answer straight from the connection: to an answer that is needed whole, a stream would only add its
 * own steps for each piece.
 */
export class WholeAnswerHandler implements Dispatcher.DispatchHandler {
  readonly answer: Promise<WholeAnswer>;
  private settle!: { resolve: (answer: WholeAnswer) => void; reject: (error: unknown) => void };
  private isSettled = false;
  private controller: Controller | null = null;
  private status = 0;
  private headers: RawHeaders = {};
  private bytesMax = 0;
  private gathered = new GatheredBytes(null);

  constructor(private readonly options: WholeAnswerOptions) {
    this.answer = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    options.signal.addEventListener('abort', this.onAbort);
  }

  onRequestStart(controller: Controller): void {
    const { signal, mark } = this.options;
    this.controller = controller;
    // Whoever waited for a free connection in vain has sent nothing.
    if (signal.aborted) controller.abort(toError(signal));
    else mark();
  }

  onResponseStart(_controller: Controller, status: number, headers: RawHeaders): void {
    if (status < STATUS_FINAL_MIN) return;
    this.status = status;
    this.headers = headers;
    this.bytesMax = this.options.toBytesMax(status);
    this.gathered = new GatheredBytes(toLength(headers, this.bytesMax));
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.isSettled) return;
    this.gathered.add(chunk);
    if (this.gathered.sizeBytes <= this.bytesMax) return;
    const error = new MalformedAnswerError('an answer that is too long');
    if (this.options.isSuccess(this.status)) this.fail(error);
    else this.finish();
    controller.abort(error);
  }

  onResponseEnd(): void {
    this.finish();
  }

  onResponseError(_controller: Controller, error: Error): void {
    // Of a failure the status is what counts; a body that breaks off tells no more.
    const hasFailed = this.status !== 0 && !this.options.isSuccess(this.status);
    if (hasFailed && !this.options.signal.aborted) this.finish();
    else this.fail(error);
  }

  private readonly onAbort = (): void => {
    const error = toError(this.options.signal);
    // The connection's own end of it may come later, or never while the request waits for a connection.
    this.fail(error);
    this.controller?.abort(error);
  };

  private finish(): void {
    if (!this.close()) return;
    const { status, headers } = this;
    this.settle.resolve({ status, headers, bytes: this.gathered.take() });
  }

  private fail(error: unknown): void {
    if (this.close()) this.settle.reject(error);
  }

  private close(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    this.options.signal.removeEventListener('abort', this.onAbort);
    return true;
  }
}

/** As the vendor announces it; null = it does not, or more than may be. */
function toLength(headers: RawHeaders, bytesMax: number): number | null {
  const length = Number(headers['content-length']);
  return Number.isSafeInteger(length) && length <= bytesMax ? length : null;
}

function toError({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error('the call was ended', { cause: reason });
}
