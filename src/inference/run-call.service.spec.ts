/** Proves that a slot is taken while the books open, and that neither is kept when the other is refused. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DomainError } from '../common/domain-error.js';
import { PhaseTimer } from '../http/phase-timer.js';
import type { MetricsService } from '../metrics/metrics.service.js';
import type { RoutingService } from '../routing/routing.service.js';
import { CallerSlots, type SlotLease } from '../upstream/caller-slots.port.js';
import type { ErrorRules } from '../upstream/error-rules.js';
import type { UpstreamCalls } from '../upstream/upstream-calls.port.js';
import type { CallDraft } from './call-draft.js';
import { RunCallService } from './run-call.service.js';

const DRAFT = {
  asking: { caller: { id: 'anna' } },
  candidates: [{ candidate: { model: {}, connection: {} } }],
} as unknown as CallDraft;

/** So many slots; whoever waits for one is refused. */
class FewSlots extends CallerSlots {
  readonly told: string[] = [];
  held = 0;

  constructor(private readonly slotsMax: number) {
    super();
  }

  async take(): Promise<SlotLease | null> {
    this.told.push('take');
    return this.held < this.slotsMax ? this.lease() : null;
  }

  async acquire(): Promise<SlotLease> {
    this.told.push('acquire');
    if (this.held === this.slotsMax) throw new DomainError('limits.slots', 'No slot.');
    return this.lease();
  }

  private lease(): SlotLease {
    let isHeld = true;
    this.held += 1;
    return {
      release: async () => {
        this.held -= isHeld ? 1 : 0;
        isHeld = false;
      },
    };
  }
}

let slots: FewSlots;
const vendor = vi.fn<(work: () => Promise<unknown>) => Promise<unknown>>((work) => work());

function makeRunner(slotsMax: number): RunCallService {
  slots = new FewSlots(slotsMax);
  const upstream = { run: (_target: unknown, _options: unknown, work: never) => vendor(work) };
  return new RunCallService(
    slots,
    upstream as unknown as UpstreamCalls,
    {} as RoutingService,
    {} as ErrorRules,
    {} as MetricsService,
  );
}

const run = (
  runner: RunCallService,
  open: () => Promise<string>,
  signal = new AbortController().signal,
) =>
  runner.runOpened(DRAFT, new PhaseTimer(), open, (opened, slot) =>
    runner.run(
      DRAFT,
      { signal, hasBegun: () => false, phases: new PhaseTimer(), slot },
      async () => {
        slots.told.push(`called with ${slots.held} held, ${opened}`);
      },
    ),
  );

const open = async () => {
  slots.told.push('opened');
  return 'opened';
};

beforeEach(() => {
  vendor.mockClear();
});

describe('a call for text', () => {
  it('takes its slot while its books open, and gives it back', async () => {
    const runner = makeRunner(1);
    expect(await run(runner, open)).toMatchObject({ error: null });
    expect(slots).toMatchObject({
      told: ['take', 'opened', 'called with 1 held, opened'],
      held: 0,
    });
  });

  it('gives the slot back when money is refused, and calls nobody', async () => {
    const runner = makeRunner(1);
    const refused = new DomainError('billing.insufficient_balance', 'Empty.');
    await expect(run(runner, () => Promise.reject(refused))).rejects.toBe(refused);
    await expect.poll(() => slots.held).toBe(0);
    expect(vendor).not.toHaveBeenCalled();
  });

  it('waits for a slot only when its money is set aside, and ends unsent when there is none', async () => {
    const end = await run(makeRunner(0), open);
    expect(end).toMatchObject({ value: null, error: { code: 'limits.slots' } });
    expect(slots.told).toEqual(['take', 'opened', 'acquire']);
    expect(vendor).not.toHaveBeenCalled();
  });

  it('is not sent for whoever has left meanwhile, and gives its slot back', async () => {
    const left = AbortSignal.abort(new Error('gone'));
    const end = await run(makeRunner(1), open, left);
    expect(end).toMatchObject({ value: null, error: { code: 'generations.canceled' } });
    await expect.poll(() => slots.held).toBe(0);
    expect(vendor).not.toHaveBeenCalled();
  });
});
