import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { DomainError } from '../common/domain-error.js';
import { REDACTED, redact } from '../common/redact.js';
import { ERROR_FACES } from './error-map.js';
import { renderError, toAnswerStatus } from './render-error.js';
import { contextOf } from './request-context.js';
import { toDomainError } from './to-domain-error.js';

const RETRY_AFTER_DEFAULT_S = 1;

export interface RenderedError {
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** Words of routes, and UUIDs. */
const PLAIN_PART = /^[a-z0-9-]{0,36}$/;

/** Turns whatever was thrown into an answer of the right face; details of the unknown stay in the log. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Also used for errors that Fastify meets outside Nest's routes. */
  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (isClientGone(thrown, reply)) return;
    const context = contextOf(request);
    const error = toDomainError(thrown);
    const face = ERROR_FACES[error.code];
    context.errorCode = error.code;
    if (error.code === 'internal' || face.logLevel === 'error') {
      this.logger[face.logLevel](
        { request_id: context.id, code: error.code, cause: describeCause(error.cause ?? error) },
        'request failed',
      );
    }
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    const { headers, body } = this.render(error, request);
    const retryAfterS = error.retryAfterS ?? (face.retry ? RETRY_AFTER_DEFAULT_S : null);
    void reply.status(toAnswerStatus(error));
    if (retryAfterS !== null) void reply.header('Retry-After', String(Math.ceil(retryAfterS)));
    if (face.status === 401) void reply.header('WWW-Authenticate', 'Bearer realm="atelier"');
    void reply.header('x-should-retry', String(face.retry));
    void reply.header('x-request-id', context.id);
    void reply.headers(headers).send(body);
  }

  /** What is sent, and what says so. */
  protected render(error: DomainError, request: FastifyRequest): RenderedError {
    const path = toInstance(request.url);
    const requestId = contextOf(request).id;
    const { contentType, body } = renderError({ error, requestId, path });
    return { headers: { 'Content-Type': contentType }, body: JSON.stringify(body) };
  }
}

/** The path as it may be repeated: a part that is neither a word nor an id may be a credential, such as a code. */
function toInstance(url: string): string {
  const [path = '/'] = url.split('?', 1);
  const parts = path.slice(1).split('/');
  return `/${parts.map((part) => (PLAIN_PART.test(part) ? part : REDACTED)).join('/')}`;
}

/** The client hung up while its answer was streamed: nobody is left to answer, and nothing here is at fault. */
function isClientGone(thrown: unknown, reply: FastifyReply): boolean {
  const code = (thrown as { code?: unknown } | null)?.code;
  return code === 'ERR_STREAM_PREMATURE_CLOSE' && reply.raw.destroyed;
}

/** What the log may know of a cause: its kind, redacted message and stack. */
export function describeCause(cause: unknown): Record<string, unknown> {
  if (!(cause instanceof Error)) return { message: redact(String(cause)) };
  return {
    name: cause.name,
    message: redact(cause.message),
    code: (cause as { code?: unknown }).code,
    stack: redact(cause.stack ?? ''),
    ...(cause.cause !== undefined && { cause: describeCause(cause.cause) }),
  };
}
