import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import type { AppConfig } from './config/app-config.js';
import { HealthChecks } from './health/health-checks.js';
import { serveApiDocument } from './http/api-document.js';
import { Authenticator } from './http/authenticator.port.js';
import { installEdgeHooks } from './http/edge.hooks.js';
import { LastAnswers } from './http/last-answers.js';
import { ErrorFilter } from './http/error.filter.js';
import { admitForms } from './http/form-bodies.js';
import { boundJsonBodies } from './http/json-body.js';
import { OpenConnections } from './http/open-connections.js';
import { PublicUrl } from './http/public-url.js';
import { RequestLimiter } from './http/request-limiter.port.js';
import { RequestLog } from './http/request-log.js';
import { auditRoutes } from './http/route-audit.js';
import { NestLogger } from './logging/nest-logger.js';

/** Longer than the idle time-outs of usual load balancers, so that they close first. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
/** A client that has not sent its headers and body by then is cut off. */
const REQUEST_TIMEOUT_MS = 300_000;
/** Connections that the system keeps until they are accepted: a thousand clients at once are a usual morning. */
const CONNECTIONS_WAITING_MAX = 2_048;
/** Ids of uploads are signed texts, with the name of a file in them. */
const PATH_PART_CHARACTERS_MAX = 2_048;
/** What pages of other origins may read of an answer besides the usual. */
const EXPOSED_HEADERS = [
  'x-request-id',
  'Location',
  'Retry-After',
  'x-should-retry',
  'Preference-Applied',
  'Idempotency-Replayed',
  'x-generation-id',
  'x-model-used',
  'x-provider',
  'x-call-id',
  'x-unsupported-options',
  'x-cache',
  'Server-Timing',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
];

/** The whole application, ready to listen; shared by main and the end-to-end tests. */
export async function createApplication(
  config: AppConfig,
  logger: Logger,
): Promise<NestFastifyApplication> {
  const adapter = createAdapter(config, logger);
  const fastify = adapter.getInstance();
  const assertAllMarked = auditRoutes(fastify);
  // JSON is all that a body may be; what a form is, its route says.
  fastify.removeContentTypeParser('text/plain');
  boundJsonBodies(fastify);
  admitForms(fastify);
  const connections = new OpenConnections(fastify.server);
  fastify.addHook('preClose', async () => connections.release());
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.register(config, logger),
    adapter,
    { logger: new NestLogger(logger), abortOnError: false, bodyParser: false },
  );
  const checks = app.get(HealthChecks);
  installEdgeHooks(fastify, {
    authenticator: app.get(Authenticator),
    limiter: app.get(RequestLimiter),
    requestLog: app.get(RequestLog),
    lastAnswers: app.get(LastAnswers),
    onlyOperations: config.role === 'worker',
    isStopping: () => checks.isStopping,
  });
  enableCors(app, config.http.corsOrigins);
  serveApiDocument(app);
  await app.init();
  await fastify.ready();
  assertAllMarked();
  return app;
}

/** Listens as configured; answers the port that was bound. */
export async function listen(app: NestFastifyApplication, config: AppConfig): Promise<number> {
  await app.listen({
    port: config.http.port,
    host: config.http.host,
    backlog: CONNECTIONS_WAITING_MAX,
  });
  const address = app.getHttpServer().address();
  const port = typeof address === 'object' && address ? address.port : config.http.port;
  app.get(PublicUrl).bind(port);
  return port;
}

function createAdapter(config: AppConfig, logger: Logger): FastifyAdapter {
  const filter = new ErrorFilter(logger);
  return new FastifyAdapter({
    bodyLimit: config.http.jsonLimitBytes,
    trustProxy: config.http.trustedProxies.length > 0 ? [...config.http.trustedProxies] : false,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: PATH_PART_CHARACTERS_MAX },
    forceCloseConnections: 'idle',
    // What the router refuses before any hook has seen it, such as a broken percent-encoding.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      filter.answer(error, request, reply),
    // The service uses no Express-style middleware.
    skipMiddie: true,
  });
}

function enableCors(app: NestFastifyApplication, origins: readonly string[]): void {
  if (origins.length === 0) return;
  app.enableCors({
    origin: origins.includes('*') ? true : [...origins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
  });
}
