/** Proves which failures are laid before the operators, and when a vendor may have had the call. */
import { describe, expect, it } from 'vitest';
import type { OwnedRun } from '../domain/generations.repository.port.js';
import type { Conclusion } from '../domain/outcome.js';
import { toDeadLetter } from './to-dead-letter.js';

const run = (state: string, earlier = 0) =>
  ({
    generation: { id: 'generation', searchSpaceId: 'space' },
    attempt: { state },
    earlier: Array.from({ length: earlier }, () => ({ state: 'failed' })),
  }) as unknown as OwnedRun;

function failed(code: string): Conclusion {
  return { status: 'failed', attemptState: 'failed', error: { code, message: 'It failed.' } };
}

describe('toDeadLetter', () => {
  it.each(['internal', 'generations.interrupted', 'service.unavailable', 'billing.unavailable'])(
    'is made of %s',
    (code) => {
      expect(toDeadLetter(run('sent'), failed(code), true)).toMatchObject({
        dead_letter: { error_code: code, attempts: 1, may_have_been_sent: true },
      });
    },
  );

  it.each(['provider.failed', 'provider.refused', 'request.busy', 'generations.deadline_passed'])(
    'is not made of %s',
    (code) => expect(toDeadLetter(run('sent'), failed(code), true)).toEqual({}),
  );

  it('is not made of what has delivered or was canceled', () => {
    const error = { code: 'internal', message: 'It failed.' };
    for (const status of ['partially_succeeded', 'canceled'] as const) {
      expect(toDeadLetter(run('sent'), { ...failed('internal'), status, error }, true)).toEqual({});
    }
  });

  it.each([
    ['planned', true, 2],
    ['sent', false, 2],
  ])('says that an attempt that is %s (sent: %s) reached nobody', (state, wasSent, attempts) => {
    const { dead_letter: letter } = toDeadLetter(run(state, 2), failed('internal'), wasSent);
    expect(letter).toMatchObject({ attempts, may_have_been_sent: false });
  });
});
