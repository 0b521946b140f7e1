import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../common/domain-error.js';
import type { Caller } from '../common/caller.js';
import type { Scope } from '../common/permission.js';
import type { Authenticator } from './authenticator.port.js';
import { contextOf, openContext, type RequestContext } from './request-context.js';
import type { LastAnswer, LastAnswers } from './last-answers.js';
import type { RequestLog } from './request-log.js';
import { runInRequest } from './request-scope.js';
import type { RequestLimiter } from './request-limiter.port.js';
import { findMark, type RouteMark } from './route-mark.js';
import { isStoreAway } from './store-fault.js';

export interface EdgeParts {
  authenticator: Authenticator;
  limiter: RequestLimiter;
  requestLog: RequestLog;
  /** What may be told again while nobody's credentials can be looked up. */
  lastAnswers?: LastAnswers;
  /** A worker answers nothing but health and metrics. */
  onlyOperations: boolean;
  /** A stopping process takes no more work. */
  isStopping?: () => boolean;
}

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const OPERATIONS_PATHS = ['/health', '/metrics'];
/** More is not read from somebody who is not known yet. */
const PUBLIC_BODY_BYTES_MAX = 65_536;

/**
 * What every request passes before its body is read: a context, and its caller. A request without
 * valid credentials is answered here, whatever it was about to send.
 */
export function installEdgeHooks(fastify: FastifyInstance, parts: EdgeParts): void {
  fastify.addHook('onRoute', (route) => {
    if (findMark(route.config)?.access === 'public') route.bodyLimit ??= PUBLIC_BODY_BYTES_MAX;
  });
  fastify.addHook('onRequest', async (request, reply) => {
    const context = openContext(request);
    if (!isOperations(request)) assertOpen(parts);
    parts.authenticator.assertNoKeyInQuery(request.url);
    const mark = findMark(request.routeOptions.config);
    if (request.is404) throw noSuchRoute();
    context.actsForSystem = mark?.access === 'public' || mark?.access === 'operator';
    if (mark === null || mark.access === 'public') return;
    try {
      context.caller = await authenticate(parts.authenticator, request, context);
    } catch (error) {
      const last = isStoreAway(error) ? findLast(parts, request, context) : null;
      if (!last) throw error;
      return reply.headers(last.headers).send(last.body);
    }
    await limit(parts.limiter, context.caller, context, reply);
    assertDelegated(mark, context.caller, request.method);
    assertAccess(mark, context.caller);
  });
  // After the body: its events carry the connection's context, not the request's.
  fastify.addHook('preValidation', (request, _reply, done) => {
    const context = contextOf(request);
    context.handledAtMs = performance.now();
    runInRequest(context, done);
  });
  fastify.addHook('onSend', (request, reply: FastifyReply, _payload, done) => {
    const context = contextOf(request);
    const nowMs = performance.now();
    endHandling(context, nowMs);
    context.phases.add('total', nowMs - context.startedAtMs);
    void reply.header('x-request-id', context.id);
    void reply.header('Server-Timing', context.phases.toServerTiming());
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    // A stream that its route writes by itself was never seen by onSend.
    endHandling(contextOf(request), performance.now());
    parts.requestLog.write(request, reply);
    done();
  });
}

function authenticate(
  authenticator: Authenticator,
  { headers, url, routeOptions }: FastifyRequest,
  { phases, address }: RequestContext,
): Promise<Caller> {
  const route = routeOptions.url ?? '';
  return phases.measure('auth', () => authenticator.authenticate({ headers, url, address, route }));
}

function findLast(
  { lastAnswers }: EdgeParts,
  { method, url, headers }: FastifyRequest,
  { address }: RequestContext,
): LastAnswer | null {
  return lastAnswers?.find({ method, url, headers, address }) ?? null;
}

/** The first time counts. */
function endHandling(context: RequestContext, nowMs: number): void {
  if (context.handledAtMs === null) return;
  context.phases.add('handler', nowMs - context.handledAtMs);
  context.handledAtMs = null;
}

/** Before anything else is looked at, so that every answer to this caller says how much is left. */
async function limit(
  limiter: RequestLimiter,
  caller: Caller,
  context: RequestContext,
  reply: FastifyReply,
): Promise<void> {
  context.isLimited = true;
  await context.phases.measure('limits', () =>
    limiter.admit(caller, (headers) => void reply.headers(headers)),
  );
}

/** Said before the body is read: nobody needs to be known for it. */
function noSuchRoute(): DomainError {
  return new DomainError(
    'request.not_found',
    'No such route. See /docs for the routes of this service.',
  );
}

function assertOpen(parts: EdgeParts): void {
  if (parts.onlyOperations) throw noSuchRoute();
  if (parts.isStopping?.()) {
    throw new DomainError('request.shutting_down', 'This process is stopping. Send it again.');
  }
}

function isOperations(request: FastifyRequest): boolean {
  const { url } = request;
  const end = url.indexOf('?');
  const path = end === -1 ? url : url.slice(0, end);
  return OPERATIONS_PATHS.some((known) => path === known || path.startsWith(`${known}/`));
}

/** Who is vouched for by the remote backend makes pictures; what reading is open to them, their scopes say. */
function assertDelegated(mark: RouteMark, { externalId }: Caller, method: string): void {
  if (externalId === undefined || mark.makesPictures || READING.has(method)) return;
  throw new DomainError(
    'auth.scope_missing',
    'Delegated accounts make and edit pictures, and nothing else. Use an API key of the search space.',
  );
}

function assertAccess(mark: RouteMark, caller: Caller): void {
  if (caller.kind === 'api_key' && mark.scopes) return assertScope(mark.scopes, caller);
  if (mark.access === 'caller') return;
  if (caller.kind === 'api_key') {
    throw new DomainError(
      'auth.session_required',
      'API keys cannot do this. Log in (POST /api/v1/auth/login) and send the access token.',
    );
  }
  if (mark.access === 'operator' && !caller.isOperator) {
    throw new DomainError('rbac.operator_required', 'Only an operator of the service can do this.');
  }
}

/** Said before the body is read; what the key's maker may do, the guard asks. */
function assertScope(scopes: readonly Scope[], caller: Caller): void {
  const [first = ''] = scopes;
  if (scopes.some((scope) => caller.scopes?.includes(scope))) return;
  throw new DomainError(
    'auth.scope_missing',
    `This API key lacks the scope ${first}. Use a key that has it.`,
    { details: { scope: first } },
  );
}
