/** Proves that the news of a conclusion tells what was charged, and to nobody where a subscription covers it. */
import { expect, it } from 'vitest';
import { type ConcludeParts, toConcludeMember } from './conclude-member.js';
import type { StoredTerms } from './domain/generation.js';

const CHARGE_MICROS = 5_885;

function toParts(terms?: Partial<StoredTerms>): ConcludeParts {
  const parts = {
    generation: { quote: { terms }, options: {}, metadata: null, createdAt: new Date(0) },
    attempt: {},
    outcome: { delivered: 1, usage: null, warnings: [] },
    conclusion: { status: 'succeeded', attemptState: 'succeeded', error: null },
    charge: { listMicros: 5_885, chargeMicros: CHARGE_MICROS, isCut: false },
    timingsMs: {},
    finishedAt: new Date(0),
    freesKey: false,
  };
  return parts as unknown as ConcludeParts;
}

it.each([
  [undefined, CHARGE_MICROS],
  ['wallet', CHARGE_MICROS],
  ['subscription', 0],
] as const)('with funding %s tells of %i micros charged', (funding, charged) => {
  const member = toConcludeMember(toParts(funding && { funding }));
  // What the windows of a subscription count is the price, whoever pays.
  expect(member.settle).toMatchObject({ action: 'post', amount_micros: CHARGE_MICROS });
  expect(member).toMatchObject({ events: [{ payload: { charged_micros: charged } }] });
});

it.each([
  [0, 'void'],
  [2, 'post'],
])(
  'of a canceled call of which the vendor bills %i pictures, the hold is a %s',
  (billed, action) => {
    const parts = toParts();
    const outcome = { ...parts.outcome, delivered: 0, billed };
    const conclusion = { status: 'canceled', attemptState: 'canceled', error: null } as const;
    const member = toConcludeMember({ ...parts, outcome, conclusion });
    expect(member.settle).toMatchObject({ action });
    expect(member.usage).toMatchObject({ outcome: 'canceled', images_delivered: 0 });
  },
);
