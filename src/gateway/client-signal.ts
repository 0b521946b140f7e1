import type { ServerResponse } from 'node:http';

/** Fires when the client hangs up before its answer was sent. */
export function toClientSignal(response: ServerResponse): AbortSignal {
  const abort = new AbortController();
  const leave = () => {
    if (!response.writableFinished) abort.abort(new Error('the client is gone'));
  };
  // Who left while rights and body were looked at is told of no more.
  if (response.destroyed) leave();
  else response.once('close', leave);
  return abort.signal;
}
