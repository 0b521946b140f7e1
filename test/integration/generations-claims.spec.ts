/** Proves what becomes of requests with one Idempotency-Key that are admitted in the same batch. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { AdmitGenerationService } from '../../src/generations/admit-generation.service.js';
import type { Asking } from '../../src/generations/asking.js';
import type { GenerationRequest } from '../../src/generations/domain/generation-request.js';
import { startApplication, type TestApplication } from '../setup/application.js';

const REQUEST: Omit<GenerationRequest, 'searchSpaceId'> = {
  prompt: 'twins',
  model: null,
  operation: 'generate',
  n: 1,
  size: '32x32',
  widthPx: 32,
  heightPx: 32,
  quality: null,
  referenceImages: [],
  mask: null,
  providerOptions: {},
  metadata: null,
};

describe('requests with one Idempotency-Key in one batch', () => {
  let atelier: TestApplication;

  beforeAll(async () => {
    atelier = await startApplication({ BOOTSTRAP_CREDIT_MICROS: '1500' });
  });
  afterAll(() => atelier.stop());

  /** What is asked in one turn is one batch. */
  async function admitTogether(key: string, requests: { fingerprint: string; n?: number }[]) {
    const admissions = atelier.app.get(AdmitGenerationService, { strict: false });
    const userId = newId();
    const toAsking = (fingerprint: string): Asking => ({
      caller: {
        kind: 'user',
        id: KEY_OWNER,
        userId,
        isOperator: false,
        sessionId: null,
        boundSpaceId: null,
        scopes: null,
      },
      route: 'POST /test',
      fingerprint,
      repetition: { key, isRetry: false },
      isRepeatable: false,
    });
    const askings = requests.map(({ fingerprint }) => toAsking(fingerprint));
    const drafts = await Promise.all(
      requests.map(({ n = 1 }, index) =>
        admissions.draft({ ...REQUEST, n, searchSpaceId: atelier.spaceId }, askings[index]!),
      ),
    );
    return Promise.all(
      drafts.map((draft, index) => admissions.admit(draft, askings[index]!, { kind: 'queue' })),
    );
  }

  const KEY_OWNER = newId();

  it('are refused alike when the first of them cannot be paid', async () => {
    const twins = Array.from({ length: 3 }, () => ({ fingerprint: 'a', n: 2 }));
    const refusals = await admitTogether('broke', twins);
    expect(refusals.map((refusal) => refusal?.code)).toEqual(
      Array.from({ length: 3 }, () => 'billing.insufficient_balance'),
    );
  });

  it('do not take another request for their own because of a key that was given back', async () => {
    const [first, other] = await admitTogether('shared', [
      { fingerprint: 'a', n: 2 },
      { fingerprint: 'b' },
    ]);
    expect(first?.code).toBe('billing.insufficient_balance');
    expect(other?.code).toBe('idempotency_freed');
    expect(await admitTogether('shared', [{ fingerprint: 'b' }])).toEqual([null]);
  });
});
