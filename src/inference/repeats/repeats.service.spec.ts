/** Proves what a call gets that comes again: its answer, patience, or a refusal, and never a second call that is paid. */
import { beforeEach, describe, expect, it } from 'vitest';
import { StillClock } from '../../../test/fakes/still-clock.js';
import type { AppConfig } from '../../config/app-config.js';
import type { AnswerSink, AnswerStart } from '../answer-sink.js';
import { InProcessResponseCache } from '../cache/adapters/in-process-response-cache.js';
import type { CallDraft } from '../call-draft.js';
import { CallClaims, type ClaimedCall } from './call-claims.port.js';
import { KeptReplies } from './kept-replies.js';
import { keyReused, RepeatedCallError } from './repeat-claim.js';
import { type GivenVectors, type MakeCall, RepeatsService } from './repeats.service.js';

const CLAIM = { callerId: 'anna', route: 'POST /test', key: 'k', fingerprint: 'f' };
const MADE = { model: 'gpt-4o-mini', provider: 'openai', callId: 'call-1' };
const ANSWER = Buffer.from('{"choices":[]}');
const REPEATED = new RepeatedCallError('first');
const LATE_MS = 60_000;

/** One earlier call, whose key is held until it is given up. */
class OneClaim extends CallClaims {
  call: ClaimedCall = { state: 'running', concludedAgoMs: 0 };
  released: string[] = [];

  async find(): Promise<ClaimedCall> {
    return this.call;
  }

  async release(holdId: string): Promise<void> {
    this.released.push(holdId);
  }
}

class Paper implements AnswerSink {
  readonly leaving = new AbortController();
  readonly signal = this.leaving.signal;
  start: AnswerStart | null = null;
  text = '';

  admitted(): void {}

  begin(start: AnswerStart): void {
    this.start = start;
  }

  write(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString();
  }
}

function draft(holdId: string, claim: typeof CLAIM | null = CLAIM): CallDraft {
  return { holdId, asking: { claim } } as CallDraft;
}

const give =
  (bytes: Uint8Array = ANSWER): MakeCall =>
  async (sink) => {
    sink.begin({ form: 'json', ...MADE, warnings: [] });
    await sink.write(bytes);
    return { usage: null };
  };

const refuse = async () => {
  throw REPEATED;
};

let claims: OneClaim;
let repeats: RepeatsService;
let paper: Paper;

beforeEach(() => {
  const clock = new StillClock();
  const config = { generations: { idempotencyTtlS: 60 } } as AppConfig;
  const store = new InProcessResponseCache(clock, 10_000_000);
  claims = new OneClaim();
  repeats = new RepeatsService(claims, new KeptReplies(config, store, clock));
  paper = new Paper();
});

const run = (holdId: string, make: MakeCall, sink: AnswerSink = paper) =>
  repeats.run({ draft: draft(holdId), isStream: false }, sink, make);

const paid = (concludedAgoMs: number): ClaimedCall => ({ state: 'paid', concludedAgoMs });

describe('a call that says it is one', () => {
  it('gets the answer that it had, and who gave it', async () => {
    await run('first', give());
    claims.call = paid(LATE_MS);
    const again = new Paper();
    expect(await run('second', refuse, again)).toBeNull();
    expect(again.text).toBe(ANSWER.toString());
    expect(again.start).toEqual({
      ...MADE,
      form: 'json',
      warnings: [],
      headers: { 'idempotency-replayed': 'true' },
    });
  });

  it('is told to wait while the first one runs, or its answer may still be on its way', async () => {
    await expect(run('second', refuse)).rejects.toBe(REPEATED);
    claims.call = paid(100);
    await expect(run('second', refuse)).rejects.toBe(REPEATED);
    expect(REPEATED).toMatchObject({ code: 'idempotency.in_progress', retryAfterS: 1 });
    expect(paper.start).toBeNull();
  });

  it('is told when its answer is gone', async () => {
    claims.call = paid(LATE_MS);
    await expect(run('second', refuse)).rejects.toThrow(
      expect.objectContaining({ code: 'idempotency.answer_gone' }),
    );
    expect(claims.released).toEqual([]);
  });

  it('is made anew when the first one cost nothing', async () => {
    claims.call = { state: 'free', concludedAgoMs: LATE_MS };
    let calls = 0;
    const report = await run('second', (sink) => {
      calls += 1;
      return calls === 1 ? refuse() : give()(sink);
    });
    expect(report).toEqual({ usage: null });
    expect(claims.released).toEqual(['first']);
    expect(paper.text).toBe(ANSWER.toString());
  });

  it('waits for another repeat that takes the key first, time and again', async () => {
    claims.call = { state: 'free', concludedAgoMs: LATE_MS };
    await expect(run('second', refuse)).rejects.toBe(REPEATED);
    expect(claims.released).toEqual(['first', 'first']);
  });

  it('fails as the call fails, of which nothing is kept', async () => {
    const reused = keyReused();
    const broken: MakeCall = async (sink) => {
      await give()(sink);
      throw reused;
    };
    await expect(run('first', broken)).rejects.toBe(reused);
    claims.call = paid(LATE_MS);
    await expect(run('second', refuse)).rejects.toThrow(
      expect.objectContaining({ code: 'idempotency.answer_gone' }),
    );
  });

  it('leaves pictures and sound to the store of media', async () => {
    await run('first', give(Buffer.from('{"url":"data:image/png;base64,iVBORw0KGgo="}')));
    claims.call = paid(LATE_MS);
    await expect(run('second', refuse)).rejects.toThrow('no longer kept');
  });

  it('is made as any other without a key, and not kept', async () => {
    await repeats.run({ draft: draft('first', null), isStream: false }, paper, give());
    expect(paper.start?.headers).toBeUndefined();
    claims.call = paid(LATE_MS);
    await expect(run('second', refuse)).rejects.toThrow('no longer kept');
  });

  it('goes on without the client, unless that left a stream', async () => {
    for (const isStream of [false, true]) {
      const sink = new Paper();
      sink.leaving.abort();
      await repeats.run({ draft: draft('first'), isStream }, sink, async (to) => {
        expect(to.signal.aborted).toBe(isStream);
        return { usage: null };
      });
    }
  });
});

describe('vectors that say they are one', () => {
  const GIVEN: GivenVectors = {
    ...MADE,
    vectors: [new Float32Array([0.1, -0, 3e38]), new Float32Array([1])],
    inputTokens: 5,
    warnings: [],
  };
  const embed = (holdId: string, make: () => Promise<GivenVectors>, claim: typeof CLAIM | null) =>
    repeats.runVectors(draft(holdId, claim), AbortSignal.abort(), make);

  it('are given again to the last bit', async () => {
    const first = await embed('first', async () => GIVEN, CLAIM);
    expect(first).toEqual({ answer: GIVEN, isReplay: false });
    claims.call = paid(LATE_MS);
    const headers = { 'idempotency-replayed': 'true' };
    expect(await embed('second', refuse, CLAIM)).toEqual({
      answer: { ...GIVEN, headers },
      isReplay: true,
    });
  });

  it('are told of as any other answer: running, gone, or made anew', async () => {
    await expect(embed('second', refuse, CLAIM)).rejects.toBe(REPEATED);
    claims.call = paid(LATE_MS);
    await expect(embed('second', refuse, CLAIM)).rejects.toThrow('no longer kept');
    claims.call = { state: 'free', concludedAgoMs: 0 };
    let calls = 0;
    const anew = await embed('second', () => ((calls += 1) === 1 ? refuse() : later()), CLAIM);
    expect(anew).toEqual({ answer: GIVEN, isReplay: false });
  });

  it('are gone where what was kept are no vectors', async () => {
    await run('first', give());
    claims.call = paid(LATE_MS);
    await expect(embed('second', refuse, CLAIM)).rejects.toThrow('no longer kept');
  });

  it('go on without the client where they have a key, and end with it where they have none', async () => {
    for (const claim of [CLAIM, null]) {
      await repeats.runVectors(draft('first', claim), AbortSignal.abort(), async (signal) => {
        expect(signal.aborted).toBe(claim === null);
        return GIVEN;
      });
    }
  });

  const later = async () => GIVEN;
});
