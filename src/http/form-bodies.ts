import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '../common/domain-error.js';
import { findMark } from './route-mark.js';

/** Lets forms and bytes in where a route's mark says that it reads them itself; nothing of them is read before. */
export function admitForms(fastify: FastifyInstance): void {
  fastify.addContentTypeParser('multipart/form-data', (request: FastifyRequest, _payload, done) => {
    const mark = findMark(request.routeOptions.config);
    if (mark?.form || mark?.bytes) return done(null, undefined);
    done(notJson());
  });
  fastify.addContentTypeParser('*', (request: FastifyRequest, _payload, done) => {
    if (findMark(request.routeOptions.config)?.bytes) return done(null, undefined);
    done(notJson());
  });
}

function notJson(): DomainError {
  return new DomainError('request.media_type_unsupported', 'Send Content-Type: application/json.');
}
