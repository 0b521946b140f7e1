// Proves which answers are marked as sent: those handed over whole, each once, in batches while the database is busy.
import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { beforeEach, describe, expect, it } from 'vitest';
import { DeliveryMarks } from './delivery-marks.js';
import type { GenerationsRepository } from './domain/generations.repository.port.js';

let batches: (readonly string[])[];
let fault: Error | null;
let marks: DeliveryMarks;

beforeEach(() => {
  batches = [];
  fault = null;
  marks = new DeliveryMarks({
    async markDelivered(ids: readonly string[]) {
      await setImmediate();
      if (fault) throw fault;
      batches.push(ids);
    },
  } as GenerationsRepository);
});

function begin(id: string): EventEmitter {
  const raw = new EventEmitter();
  marks.markWhenSent(id, { raw } as unknown as FastifyReply);
  return raw;
}

describe('DeliveryMarks', () => {
  it('marks an answer that was sent whole', async () => {
    begin('a').emit('finish');
    await expect.poll(() => batches).toEqual([['a']]);
  });

  it('never marks one whose connection closed before', async () => {
    begin('a').emit('close');
    begin('b').emit('finish');
    await expect.poll(() => batches).toEqual([['b']]);
  });

  it('marks many in batches, each once', async () => {
    for (let count = 0; count < 300; count += 1) begin(String(count)).emit('finish');
    await expect.poll(() => batches.map((ids) => ids.length)).toEqual([1, 256, 43]);
    expect(new Set(batches.flat()).size).toBe(300);
  });

  it('goes on after a mark that could not be written', async () => {
    fault = new Error('the database is away');
    begin('lost').emit('finish');
    await setImmediate();
    await setImmediate();
    fault = null;
    begin('kept').emit('finish');
    await expect.poll(() => batches).toEqual([['kept']]);
  });
});
