/** Proves that every committed event reaches its handlers at least once, whatever fails in between, and that none is sent for what was rolled back. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import {
  OUTBOX_DELIVERY_DEFAULTS,
  OutboxDelivery,
  type OutboxDeliverySettings,
} from '../../src/persistence/outbox-delivery.js';
import { OutboxHandlers } from '../../src/persistence/outbox-handlers.js';
import { OutboxStore } from '../../src/persistence/outbox-store.js';
import { Outbox, type OutboxEvent } from '../../src/persistence/outbox.port.js';
import { PgSql } from '../../src/persistence/pg-sql.js';
import { TypeormOutboxRepository } from '../../src/persistence/typeorm-outbox.repository.js';
import { TypeormUnitOfWork } from '../../src/persistence/typeorm-unit-of-work.js';
import { WorkRegistry } from '../../src/persistence/work-registry.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { databaseKinds } from '../setup/services.js';

const KIND = 'test.happened';
const WAIT = { timeout: 30_000, interval: 10 };
const SETTINGS: OutboxDeliverySettings = {
  ...OUTBOX_DELIVERY_DEFAULTS,
  pollEveryMs: 50,
  timeoutMs: 400,
  claimMs: 800,
  attemptsMax: 3,
  backoffMs: 100,
  stopGraceMs: 100,
};

interface Row {
  id: string;
  attempts: number;
  last_error: string | null;
  is_dead: boolean;
  delivered_to: string[];
}

describe.each(databaseKinds())('outbox on %s', (kind) => {
  let database: TestDatabase;
  let dataSource: ManagedDataSource;
  let store: OutboxStore;
  let handlers: OutboxHandlers;
  let running: OutboxDelivery[];
  let nudge: () => void;
  let unitOfWork: TypeormUnitOfWork;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    dataSource = await database.open();
    store = new OutboxStore(new PgSql(dataSource));
    const registry = new WorkRegistry();
    const signal = { nudge: () => nudge() };
    registry.register({
      port: Outbox,
      create: (manager) => new TypeormOutboxRepository(manager, signal),
    });
    unitOfWork = new TypeormUnitOfWork(dataSource, registry);
  });

  afterAll(() => database.drop());

  beforeEach(async () => {
    await dataSource.query('DELETE FROM outbox_events');
    handlers = new OutboxHandlers();
    running = [];
    nudge = () => running.forEach((delivery) => delivery.nudge());
  });

  afterEach(stop);

  async function stop(): Promise<void> {
    for (const delivery of running.splice(0)) await delivery.beforeApplicationShutdown();
  }

  function start(settings: Partial<OutboxDeliverySettings> = {}): OutboxDelivery {
    const delivery = new OutboxDelivery(store, handlers, { ...SETTINGS, ...settings });
    delivery.onApplicationBootstrap();
    running.push(delivery);
    return delivery;
  }

  function makeEvent(payload: Record<string, unknown> = {}): OutboxEvent {
    return { id: newId(), kind: KIND, searchSpaceId: null, payload };
  }

  async function append(...events: OutboxEvent[]): Promise<void> {
    await unitOfWork.run((scope) => scope.get(Outbox).append(...events));
  }

  function readRows(): Promise<Row[]> {
    return dataSource.query(
      'SELECT id, attempts, last_error, dead_at IS NOT NULL AS is_dead, delivered_to FROM outbox_events',
    );
  }

  async function expectEmpty(): Promise<void> {
    await vi.waitFor(async () => expect(await readRows()).toEqual([]), WAIT);
  }

  it('delivers what was committed, whole, and forgets it', async () => {
    const handler = vi.fn(async () => undefined);
    handlers.on(KIND, 'first', handler);
    start();
    const event = { ...makeEvent({ nested: { list: [1, 'two'] } }), searchSpaceId: newId() };
    await append(event);
    await expectEmpty();
    expect(handler.mock.calls).toEqual([
      [
        { ...event, createdAt: expect.any(Date), attempt: 1, deliveredTo: [] },
        expect.any(AbortSignal),
      ],
    ]);
  });

  it('wakes at once when an event is committed here', async () => {
    const handler = vi.fn(async () => undefined);
    handlers.on(KIND, 'first', handler);
    start({ pollEveryMs: 60_000 });
    await delay(100);
    await append(makeEvent());
    await vi.waitFor(() => expect(handler).toHaveBeenCalledOnce(), { timeout: 30_000 });
  });

  it('finds what another process committed', async () => {
    const handler = vi.fn(async () => undefined);
    handlers.on(KIND, 'first', handler);
    start();
    nudge = () => undefined;
    await append(makeEvent());
    await vi.waitFor(() => expect(handler).toHaveBeenCalledOnce(), WAIT);
  });

  it('delivers nothing of what was rolled back', async () => {
    const handler = vi.fn(async () => undefined);
    handlers.on(KIND, 'first', handler);
    start();
    const failed = unitOfWork.run(async (scope) => {
      await scope.get(Outbox).append(makeEvent());
      throw new Error('on purpose');
    });
    await expect(failed).rejects.toThrow('on purpose');
    await delay(200);
    expect(handler).not.toHaveBeenCalled();
  });

  it('takes the same id twice for one event', async () => {
    const event = makeEvent();
    await append(event, event);
    await append(event);
    expect(await readRows()).toHaveLength(1);
  });

  it('tries a failed handler again after a growing pause, and only that handler', async () => {
    const attemptedAtMs: number[] = [];
    const steady = vi.fn(async () => undefined);
    handlers.on(KIND, 'steady', steady);
    handlers.on(KIND, 'shaky', async () => {
      attemptedAtMs.push(performance.now());
      if (attemptedAtMs.length < 3) throw new Error('not yet');
    });
    start();
    await append(makeEvent());
    await expectEmpty();
    expect(attemptedAtMs).toHaveLength(3);
    expect(steady).toHaveBeenCalledOnce();
    const pausesMs = attemptedAtMs.slice(1).map((atMs, index) => atMs - attemptedAtMs[index]!);
    expect(pausesMs[0]).toBeGreaterThanOrEqual(SETTINGS.backoffMs * 0.5 - 5);
    expect(pausesMs[1]).toBeGreaterThanOrEqual(SETTINGS.backoffMs - 5);
  });

  it('gives up after the last attempt and keeps the event for the operator', async () => {
    const handler = vi.fn(async () => {
      throw new Error('never: Bearer abcdefghijklmnopqrstuvwxyz');
    });
    handlers.on(KIND, 'hopeless', handler);
    start();
    const event = makeEvent();
    await append(event);
    await vi.waitFor(async () => expect((await readRows())[0]?.is_dead).toBe(true), WAIT);
    await delay(300);
    expect(handler).toHaveBeenCalledTimes(SETTINGS.attemptsMax);
    expect(await readRows()).toEqual([
      {
        id: event.id,
        attempts: SETTINGS.attemptsMax,
        is_dead: true,
        delivered_to: [],
        last_error: 'hopeless: never: [redacted]',
      },
    ]);
  });

  it('does not let a failing event hold up the others', async () => {
    const seen: unknown[] = [];
    handlers.on(KIND, 'picky', async ({ payload }) => {
      if (payload.bad) throw new Error('bad');
      seen.push(payload.number);
    });
    start({ concurrencyMax: 2 });
    await append(...[1, 2, 3, 4].map((number) => makeEvent({ number, bad: number === 1 })));
    await vi.waitFor(() => expect(seen).toHaveLength(3), WAIT);
  });

  it('delivers again what was delivered but not removed at a crash', async () => {
    const seen: string[] = [];
    handlers.on(KIND, 'first', async ({ id }) => void seen.push(id));
    const event = makeEvent();
    // The crash: the handler has done its work, the removal never comes.
    const remove = vi.spyOn(store, 'remove').mockRejectedValueOnce(new Error('crashed'));
    start();
    await append(event);
    await vi.waitFor(() => expect(seen).toEqual([event.id]), WAIT);
    expect(await readRows()).toHaveLength(1);
    await expectEmpty();
    expect(seen).toEqual([event.id, event.id]);
    remove.mockRestore();
  });

  it('gives an event of a process that vanished to another one, after its claim', async () => {
    const event = makeEvent();
    await append(event);
    expect(await store.claim(10, 500)).toMatchObject([{ id: event.id, attempt: 1 }]);
    expect(await store.claim(10, 500)).toEqual([]);
    const attempts: number[] = [];
    handlers.on(KIND, 'first', async ({ attempt }) => void attempts.push(attempt));
    start();
    await delay(200);
    expect(attempts).toEqual([]);
    await vi.waitFor(() => expect(attempts).toEqual([2]), WAIT);
  });

  it('ignores the late failure of a delivery that somebody else has taken over', async () => {
    const event = makeEvent();
    await append(event);
    await store.claim(10, 0);
    await delay(5);
    await store.claim(10, 60_000);
    await store.fail({ id: event.id, attempt: 1, deliveredTo: [], error: 'late', retryInMs: null });
    expect(await readRows()).toMatchObject([{ attempts: 2, is_dead: false, last_error: null }]);
  });

  it('gives up waiting for a handler that hangs, and counts it as failed', async () => {
    const signals: AbortSignal[] = [];
    handlers.on(KIND, 'hanging', (_event, signal) => {
      signals.push(signal);
      return new Promise<void>(() => {});
    });
    start({ attemptsMax: 1 });
    await append(makeEvent());
    await vi.waitFor(async () => expect((await readRows())[0]?.is_dead).toBe(true), WAIT);
    expect((await readRows())[0]?.last_error).toContain('too long');
    expect(signals[0]?.aborted).toBe(true);
  });

  it('puts an event aside whose every delivery ended the process', async () => {
    const handler = vi.fn(async () => undefined);
    handlers.on(KIND, 'deadly', handler);
    await append(makeEvent());
    await dataSource.query('UPDATE outbox_events SET attempts = $1', [SETTINGS.attemptsMax]);
    start();
    await vi.waitFor(async () => expect((await readRows())[0]?.is_dead).toBe(true), WAIT);
    expect(handler).not.toHaveBeenCalled();
  });

  it('delivers each event to one of several processes', async () => {
    const seen: string[] = [];
    handlers.on(KIND, 'first', async ({ id }) => {
      seen.push(id);
      await delay(1);
    });
    for (let count = 0; count < 3; count += 1) start({ concurrencyMax: 8 });
    const events = Array.from({ length: 200 }, () => makeEvent());
    await append(...events);
    await expectEmpty();
    expect(seen.toSorted()).toEqual(events.map(({ id }) => id).toSorted());
  });

  it('keeps to the number of deliveries at once', async () => {
    let inDelivery = 0;
    let most = 0;
    handlers.on(KIND, 'first', async () => {
      inDelivery += 1;
      most = Math.max(most, inDelivery);
      await delay(5);
      inDelivery -= 1;
    });
    start({ concurrencyMax: 4 });
    await append(...Array.from({ length: 40 }, () => makeEvent()));
    await expectEmpty();
    expect(most).toBe(4);
  });

  it('drops an event that nobody acts on', async () => {
    start();
    await append(makeEvent());
    await expectEmpty();
  });

  it('lets deliveries end when it stops, and begins none afterwards', async () => {
    const seen: string[] = [];
    handlers.on(KIND, 'first', async ({ id }) => {
      await delay(50);
      seen.push(id);
    });
    start();
    const event = makeEvent();
    await append(event);
    await vi.waitFor(async () => expect((await readRows())[0]?.attempts).toBe(1), WAIT);
    await stop();
    expect(seen).toEqual([event.id]);
    expect(await readRows()).toEqual([]);
    await append(makeEvent());
    await delay(200);
    expect(seen).toHaveLength(1);
  });

  it('appends within a settlement batch, for the members that are not refused', async () => {
    const [first, second] = [makeEvent(), makeEvent()];
    const members = [{ events: [first] }, { events: [second] }, { hold: {} }, { events: null }];
    const [row] = await dataSource.query<{ verdicts: unknown[] }[]>(
      `SELECT outbox_append($1, ARRAY['{"code": "refused"}', NULL, NULL, NULL]::jsonb[]) AS verdicts`,
      [JSON.stringify(members)],
    );
    expect(row?.verdicts).toEqual([{ code: 'refused' }, null, null, null]);
    expect((await readRows()).map(({ id }) => id)).toEqual([second.id]);
  });
});
