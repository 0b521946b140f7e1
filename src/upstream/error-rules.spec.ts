// Proves what a rule makes of a failure: status, message, what is taken out of a vendor's words, and what it leaves alone.
import { describe, expect, it } from 'vitest';
import { makeErrorRule } from '../../test/factories/error-rule.factory.js';
import { StillEpoch } from '../../test/fakes/still-epoch.js';
import { ProviderError, type ProviderErrorOptions } from '../providers/spec/provider.errors.js';
import type { ErrorRule } from './domain/error-rule.js';
import { type ErrorRulesData, ErrorRulesReader } from './domain/error-rules.reader.port.js';
import { ErrorRulesState } from './error-rules-state.js';
import { ErrorRules } from './error-rules.js';

const KEY = `sk-${'a'.repeat(40)}`;

class SetReader extends ErrorRulesReader {
  constructor(private readonly rules: readonly ErrorRule[] | null) {
    super();
  }

  read(): Promise<ErrorRulesData> {
    if (this.rules === null) return Promise.reject(new Error('no database'));
    return Promise.resolve({ revision: 1, rules: this.rules });
  }
}

function open(rules: readonly Partial<ErrorRule>[] | null): ErrorRules {
  const made = rules && rules.map((rule) => makeErrorRule({ errorCodes: [500], ...rule }));
  return new ErrorRules(new ErrorRulesState(new SetReader(made), new StillEpoch()));
}

function fail(more: Partial<ProviderErrorOptions> = {}): ProviderError {
  const words = { provider: 'openai', model: 'gpt-image-2', status: 500, vendorText: '500 Oh no' };
  return new ProviderError('failed', { ...words, retryAfterS: 7, ...more });
}

describe('a failure that a rule matches', () => {
  it('is told with its status and message; its code and the time to wait stay', async () => {
    const error = fail({ reason: 'upload_failed' });
    const told = await open([{ responseStatus: 503, customMessage: 'Come at noon.' }]).apply(error);
    expect(told).toMatchObject({
      code: 'provider.failed',
      message: 'Come at noon.',
      answerStatus: 503,
      retryAfterS: 7,
      details: { provider: 'openai', model: 'gpt-image-2', reason: 'upload_failed' },
      cause: error,
    });
  });

  it("is told with the vendor's own status and words where the rule has none", async () => {
    const told = await open([{}]).apply(fail());
    expect([told.message, told.answerStatus]).toEqual(['Oh no', 500]);
  });

  it("keeps its code's status where the vendor's says nothing of a failure", async () => {
    const rules = open([{ errorCodes: [302], keywords: ['oh'] }]);
    expect((await rules.apply(fail({ status: null }))).answerStatus).toBe(502);
    expect((await rules.apply(fail({ status: 302 }))).answerStatus).toBe(502);
  });

  it('keeps its own words where the vendor had none', async () => {
    const error = fail({ vendorText: null });
    expect((await open([{}]).apply(error)).message).toBe(error.message);
  });
});

describe('words that are passed on', () => {
  const pass = async (vendorText: string) => (await open([{}]).apply(fail({ vendorText }))).message;

  it('hold no secret, not even one where they are cut', async () => {
    const told = await pass(`wrong key ${KEY}, Bearer ${'b'.repeat(30)}`);
    expect(told).toBe('wrong key [redacted], [redacted]');
    const long = await pass(`${'x '.repeat(490)}${KEY}`);
    expect(long).not.toContain('sk-a');
  });

  it('hold no address, are one line that can be stored, and at most 1,000 characters', async () => {
    const told = await pass('see https://atelier.example/i/1?sig=abc\n and s3://bucket/x\0 now');
    expect(told).toBe('see [address] and [address] now');
    const long = await pass('🦊'.repeat(900).replace('🦊', 'x🦊'));
    expect(long).toHaveLength(999);
    expect(long).not.toMatch(/\p{Cs}/u);
  });
});

describe('a failure that is told as it is', () => {
  it('is one that no rule matches, one that was called off, and any while rules cannot be read', async () => {
    const error = fail();
    expect(await open([{ errorCodes: [502] }]).apply(error)).toBe(error);
    const canceled = new ProviderError('canceled', { provider: 'openai', model: 'x', status: 500 });
    expect(await open([{}]).apply(canceled)).toBe(canceled);
    expect(await open(null).apply(error)).toBe(error);
  });

  it('shows nowhere what the vendor said', () => {
    const error = fail();
    expect(error.vendorWords).toBe('500 Oh no');
    expect(JSON.stringify({ ...error })).not.toContain('Oh no');
    expect(Object.keys(error)).not.toContain('vendorWords');
  });
});

describe('what is not monitored', () => {
  it('is what the first rule that matches says', async () => {
    const ours = { skipsMonitoring: true };
    expect(await open([ours]).isUnmonitored(fail())).toBe(true);
    expect(await open([{ priority: 1 }, ours]).isUnmonitored(fail())).toBe(false);
    expect(await open([ours]).isUnmonitored(fail({ status: 502 }))).toBe(false);
    expect(await open([ours]).isUnmonitored(new Error('not of a vendor'))).toBe(false);
    expect(await open(null).isUnmonitored(fail())).toBe(false);
  });
});
