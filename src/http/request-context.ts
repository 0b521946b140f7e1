import type { FastifyRequest } from 'fastify';
import type { Caller } from '../common/caller.js';
import { newId } from '../common/ids.js';
import { PhaseTimer } from './phase-timer.js';

/** What is known of a request besides its content; made in `onRequest`, before anything can refuse it. */
export interface RequestContext {
  /** The `x-request-id` of the answer. */
  id: string;
  /** `performance.now()` at arrival. */
  startedAtMs: number;
  /** The client's address, believed only from TRUSTED_PROXIES. */
  address: string;
  /** Null until authenticated, and on public routes. */
  caller: Caller | null;
  /** The search space the permission was asserted in; null where none was. */
  spaceId: string | null;
  /** Every space the caller has proven a membership of in this request: the rows it may touch. */
  provenSpaceIds: string[];
  /** On public and operators' routes the work is the system's own, which no membership bounds. */
  actsForSystem: boolean;
  phases: PhaseTimer;
  /** `performance.now()` when the route took over, its body read; null before that and after its answer began. */
  handledAtMs: number | null;
  /** Whether the caller's requests were counted before the body was read. */
  isLimited: boolean;
  /** Code of the error answered, for the log line. */
  errorCode: string | null;
}

const contexts = new WeakMap<object, RequestContext>();
const REQUEST_ID_FORM = /^[A-Za-z0-9._-]{8,64}$/;

/** Makes the context at arrival. A well-formed `x-request-id` of the caller is kept. */
export function openContext(request: FastifyRequest): RequestContext {
  const given = request.headers['x-request-id'];
  const context: RequestContext = {
    id: typeof given === 'string' && REQUEST_ID_FORM.test(given) ? given : newId(),
    startedAtMs: performance.now(),
    address: request.ip,
    caller: null,
    spaceId: null,
    provenSpaceIds: [],
    actsForSystem: false,
    phases: new PhaseTimer(),
    handledAtMs: null,
    isLimited: false,
    errorCode: null,
  };
  contexts.set(request.raw, context);
  return context;
}

/** The context of this request; made on the spot for one that failed before its hook ran. */
export function contextOf(request: FastifyRequest): RequestContext {
  return contexts.get(request.raw) ?? openContext(request);
}
