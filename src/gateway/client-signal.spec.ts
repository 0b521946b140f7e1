// Proves that a call ends with whoever asked for it, also when they left before it began.
import { ServerResponse, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { toClientSignal } from './client-signal.js';

const open = () => new ServerResponse(new IncomingMessage(new Socket()));

describe('the signal of a client', () => {
  it('fires when the connection closes before the answer was sent', () => {
    const response = open();
    const signal = toClientSignal(response);
    expect(signal.aborted).toBe(false);
    response.emit('close');
    expect(signal.aborted).toBe(true);
  });

  it('has fired already for one who left while the request was looked at', () => {
    const response = open();
    response.destroy();
    expect(toClientSignal(response).aborted).toBe(true);
  });
});
