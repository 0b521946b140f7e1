import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '../common/domain-error.js';
import { findMark } from './route-mark.js';

/** Lets forms in where a route's mark says that it reads them itself; nothing of them is read before. */
export function admitForms(fastify: FastifyInstance): void {
  fastify.addContentTypeParser('multipart/form-data', (request: FastifyRequest, _payload, done) => {
    if (findMark(request.routeOptions.config)?.form) return done(null, undefined);
    done(new DomainError('request.media_type_unsupported', 'Send Content-Type: application/json.'));
  });
}
