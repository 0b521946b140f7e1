import type { Duplex } from 'node:stream';
import { DecoratorHandler, type Dispatcher, WebSocket } from 'undici';

/** A connection that is kept open to be told what happens, for a bounded time. */
export interface SocketRequest {
  /** `http:` or `https:`; asked for as a WebSocket. */
  url: string;
  headers: Record<string, string>;
  /** Ends the listening at once. */
  signal: AbortSignal;
  /** Longest time, counted from the beginning. */
  timeoutMs: number;
  /** Takes each message as it comes; true = enough was heard. */
  onMessage(message: string | Uint8Array): boolean;
}

type Upgrade = NonNullable<Dispatcher.DispatchHandler['onRequestUpgrade']>;

/**
 * Listens until it has heard enough, the time is over, the signal aborts or the connection ends. What the vendor did to
 * the connection is no fault: who listens asks in another way then.
 * @returns whether it was connected
 * @throws what `onMessage` threw
 */
export async function listenToSocket(
  dispatcher: Dispatcher,
  request: SocketRequest,
): Promise<boolean> {
  const { signal, timeoutMs } = request;
  if (signal.aborted) return false;
  let connection: Duplex | null = null;
  const url = request.url.replace(/^http/, 'ws');
  const socket = new WebSocket(url, {
    headers: request.headers,
    dispatcher: dispatcher.compose(
      (dispatch) => (options, handler) =>
        dispatch(options, new UpgradeMarkHandler(handler, (upgraded) => (connection = upgraded))),
    ),
  });
  socket.binaryType = 'arraybuffer';
  let end = (): void => undefined;
  const timer = setTimeout(() => end(), timeoutMs);
  try {
    await new Promise<void>((resolve, reject) => {
      end = resolve;
      signal.addEventListener('abort', end, { once: true });
      socket.addEventListener('close', end);
      socket.addEventListener('error', end);
      socket.addEventListener('message', ({ data }) => {
        try {
          if (request.onMessage(toMessage(data as string | ArrayBuffer))) resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
    return connection !== null;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    socket.close();
    // A server that does not answer the goodbye keeps no connection of ours.
    (connection as Duplex | null)?.end();
    (connection as Duplex | null)?.destroy();
  }
}

function toMessage(data: string | ArrayBuffer): string | Uint8Array {
  return typeof data === 'string' ? data : new Uint8Array(data);
}

/** Tells which connection became a WebSocket. (As to the types see SentMarkHandler.) */
class UpgradeMarkHandler extends DecoratorHandler {
  constructor(
    handler: Dispatcher.DispatchHandler,
    private readonly mark: (connection: Duplex) => void,
  ) {
    super(handler);
  }

  onRequestUpgrade(...values: Parameters<Upgrade>): void {
    this.mark(values[3]);
    const base = DecoratorHandler.prototype as Dispatcher.DispatchHandler;
    base.onRequestUpgrade?.apply(this as Dispatcher.DispatchHandler, values);
  }
}
