import type { LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { toPort } from './assert-url-shape.js';
import { fetchFailed } from './outbound.errors.js';
import type { OutboundGuard, PinnedAddress } from './outbound-guard.js';

export interface GuardedDispatcherOptions extends Omit<Agent.Options, 'connect' | 'factory'> {
  /** For DNS and for the connection, each. */
  connectTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
const CONNECTIONS_PER_ORIGIN_MAX = 64;

/**
 * An undici dispatcher that connects only where the guard lets it: for the fetcher of this room and for
 * vendor clients whose base URL an operator or a caller supplied. It sends what it is given, headers too.
 */
export function createGuardedDispatcher(
  guard: OutboundGuard,
  { connectTimeoutMs = CONNECT_TIMEOUT_MS, ...options }: GuardedDispatcherOptions = {},
): Agent {
  return new Agent({
    connections: CONNECTIONS_PER_ORIGIN_MAX,
    ...options,
    connect: createGuardedConnector(guard, connectTimeoutMs),
  });
}

/** Checks at the moment of connecting, and connects to the very addresses that were checked. */
function createGuardedConnector(guard: OutboundGuard, timeoutMs: number): buildConnector.connector {
  return (target, callback) => {
    const port = toPort(target.protocol, target.port);
    withinTime(guard.resolve(target.hostname, port), timeoutMs).then(
      (addresses) => {
        // A connector for each connection, because only its making takes a lookup: no second DNS question is asked.
        const connect = buildConnector({
          timeout: timeoutMs,
          maxCachedSessions: 0,
          lookup: toLookup(addresses),
        });
        connect(target, callback);
      },
      (error: unknown) => callback(error as Error, null),
    );
  };
}

/** Answers from the checked addresses alone; `net` tries them one after the other. */
function toLookup(addresses: readonly PinnedAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    const [first] = addresses;
    if (options.all) callback(null, [...addresses]);
    else if (first) callback(null, first.address, first.family);
  };
}

async function withinTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(fetchFailed('timeout')), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
