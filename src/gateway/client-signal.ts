import type { ServerResponse } from 'node:http';

/** Fires when the client hangs up before its answer was sent. */
export function toClientSignal(response: ServerResponse): AbortSignal {
  const abort = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) abort.abort(new Error('the client is gone'));
  });
  return abort.signal;
}
