import { Catch, Inject } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { DomainError } from '../../common/domain-error.js';
import { ErrorFilter, type RenderedError } from '../../http/error.filter.js';
import { ERROR_FACES } from '../../http/error-map.js';
import { contextOf } from '../../http/request-context.js';
import { APP_LOGGER } from '../../logging/logging.module.js';
import { renderFailurePage } from './sign-in-pages.js';

/** On the way of a browser: whoever takes pages gets a page, everybody else the usual answer. */
@Catch()
export class SignInFailureFilter extends ErrorFilter {
  constructor(@Inject(APP_LOGGER) logger: Logger) {
    super(logger);
  }

  protected override render(error: DomainError, request: FastifyRequest): RenderedError {
    const takesPages = (request.headers.accept ?? '').includes('text/html');
    if (!takesPages) return super.render(error, request);
    const startUrl = error.details.start_url;
    const { html, headers } = renderFailurePage({
      title: ERROR_FACES[error.code].title,
      detail: error.message,
      code: error.code,
      requestId: contextOf(request).id,
      startUrl: typeof startUrl === 'string' ? startUrl : null,
    });
    return { headers, body: html };
  }
}
