import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ChatCall, ChatReport } from '../../src/providers/spec/chat-call.js';
import type { ChatProviderStrategy } from '../../src/providers/spec/chat-provider.strategy.js';
import { ProviderError, type ProviderErrorKind } from '../../src/providers/spec/provider.errors.js';
import {
  type ChatRequest,
  CITY_FORM,
  createChatCall,
  PIXEL_URL,
  readBody,
  WEATHER_TOOL,
} from './chat-call.factory.js';
import { readChunks, type ReadCompletion, readCompletion } from './chat-forms.js';

/** What a vendor may be made to do; `error_event` and `cut_body` after its answer has begun. */
export type ChatFault =
  | 'unauthorized'
  | 'forbidden'
  | 'no_credit'
  | 'rate_limited'
  | 'server_error'
  | 'overloaded'
  | 'bad_request'
  | 'model_not_found'
  | 'bad_json'
  | 'too_long'
  | 'cut'
  | 'hang'
  | 'cut_body'
  | 'error_event'
  | 'no_usage'
  | 'wild_usage';

/** What a provider can do; what it cannot is not asked of it. */
export interface ChatProviderTraits {
  tools: boolean;
  /** Pictures in the messages: as data, and as addresses that the vendor fetches itself. */
  images: boolean;
  imageUrls: boolean;
  jsonSchema: boolean;
  faults: readonly ChatFault[];
}

/** What the suite needs to know of a provider to put it to the proof. */
export interface ChatProviderHarness {
  provider: ChatProviderStrategy;
  /** Model, credential and whatever else every call needs. */
  base: Partial<ChatCall>;
  /** The vendor's next answer goes wrong like this. Never called with a fault that is not among the traits. */
  failNext(fault: ChatFault): void;
  /** Requests that reached the vendor since the last test. */
  countRequests(): number;
  /** Makes a stream begin and then last longer than the test. */
  slow: ChatRequest;
  /** Resolves when the vendor has seen its client leave; absent = there is no wire. */
  untilLeft?(): Promise<void>;
  /** Makes the vendor refuse in its answer (finish reason content_filter); null where it has no such rule. */
  refused: ChatRequest | null;
  /** Makes the vendor refuse before its answer (a ProviderError `refused`); absent = it has no such answer. */
  blocked?: ChatRequest;
  /** An option the vendor does not know, and the field its warning names; null = every option is passed on. */
  unsupported: { request: ChatRequest; field: string } | null;
  /** Forgets faults and counts; run before each test. */
  reset(): void;
  stop(): Promise<void>;
}

const KINDS: Partial<Record<ChatFault, Partial<ProviderError> & { kind: ProviderErrorKind }>> = {
  unauthorized: { kind: 'unauthorized', isRetryable: false, canFailOver: true },
  forbidden: { kind: 'unauthorized', isRetryable: false, canFailOver: true },
  no_credit: { kind: 'quota_exhausted', isRetryable: false, canFailOver: true },
  rate_limited: { kind: 'rate_limited', isRetryable: true, canFailOver: true },
  server_error: { kind: 'failed', isRetryable: true, mayHaveBeenPaid: false },
  overloaded: { kind: 'unavailable', isRetryable: true, mayHaveBeenPaid: false },
  bad_request: { kind: 'invalid_request', isRetryable: false, canFailOver: false },
  model_not_found: { kind: 'invalid_request', reason: 'model_not_found', canFailOver: true },
  bad_json: { kind: 'malformed', isRetryable: false, mayHaveBeenPaid: true },
  too_long: { kind: 'malformed', isRetryable: false, mayHaveBeenPaid: true },
  cut: { kind: 'unavailable', isRetryable: false, mayHaveBeenPaid: true },
};
/** Where the answer's body must have been read to know it. */
const IN_BODY: readonly ChatFault[] = ['bad_json', 'too_long'];

const COMMON_OPTIONS: readonly ChatRequest[] = [
  { temperature: 0.2, stop: ['END'] },
  { top_p: 0.9, stop: 'END', n: 1 },
];

/** What every chat provider keeps, whatever its vendor. Run by `chat-provider-<vendor>.spec.ts` for each. */
export function describeChatProvider(
  name: string,
  traits: ChatProviderTraits,
  start: () => Promise<ChatProviderHarness>,
): void {
  describe(`${name} as a chat provider`, () => {
    let harness: ChatProviderHarness;
    beforeAll(async () => {
      harness = await start();
    });
    afterAll(() => harness.stop());
    beforeEach(() => harness.reset());

    const prepare = (request: ChatRequest = {}, overrides: Partial<ChatCall> = {}): ChatCall =>
      createChatCall({ ...harness.base, ...overrides, request });

    const run = async (stream: boolean, request: ChatRequest = {}): Promise<Outcome> => {
      const call = prepare(request, { stream });
      harness.provider.assertRequest(call.request);
      const reply = await harness.provider.submit(call);
      expect(reply.form).toBe(stream ? 'events' : 'json');
      const text = await readBody(reply);
      const completion = stream ? readChunks(text) : readCompletion(text);
      return { ...completion, report: reply.report() };
    };

    const fail = async (call: ChatCall): Promise<ProviderError> => {
      const outcome = await harness.provider
        .submit(call)
        .then((reply) => readBody(reply))
        .catch((error: unknown) => error);
      if (outcome instanceof ProviderError) return outcome;
      throw new Error('not a ProviderError', { cause: outcome });
    };

    describe.each([false, true])('with stream: %s', (stream) => {
      it('answers in OpenAI’s form, and reports who answered, why it ended and what it took', async () => {
        const { message, finishReason, report, model } = await run(stream);
        expect(message.content).toMatch(/./);
        expect(finishReason).toBe('stop');
        expect(report.finishReason).toBe('stop');
        expect(report.servedModel).toBe(model);
        expect(report.usage?.inputTokens).toBeGreaterThan(0);
        expect(report.usage?.outputTokens).toBeGreaterThan(0);
        expect(report.warnings).toEqual([]);
        expect(harness.countRequests()).toBeLessThanOrEqual(1);
      });

      it('takes turns of every role, and parts of text', async () => {
        const { message } = await run(stream, {
          messages: [
            { role: 'developer', content: 'Be brief.' },
            { role: 'system', content: [{ type: 'text', text: 'Be kind.' }] },
            { role: 'user', content: [{ type: 'text', text: 'Hello.' }] },
            { role: 'assistant', content: 'Hi.' },
            { role: 'user', content: 'How are you?' },
            { role: 'user', content: 'Well?' },
          ],
        });
        expect(message.content).toMatch(/./);
      });

      it('ends with `length` at the tokens allowed, by either name', async () => {
        for (const name of ['max_tokens', 'max_completion_tokens']) {
          const { finishReason, report } = await run(stream, { [name]: 1 });
          expect(finishReason).toBe('length');
          expect(report.finishReason).toBe('length');
        }
      });

      it('takes the common options without a word', async () => {
        for (const options of COMMON_OPTIONS) {
          expect((await run(stream, options)).report.warnings).toEqual([]);
        }
      });

      it('warns of an option that the vendor does not know', async () => {
        const { report } = await run(stream, harness.unsupported?.request);
        const fields = report.warnings.map(({ code, field }) => ({ code, field }));
        const expected = { code: 'unsupported_option', field: harness.unsupported?.field };
        expect(fields).toEqual(harness.unsupported ? [expected] : []);
      });

      it('ends promptly when it is canceled before the first piece', async () => {
        const call = prepare({}, { stream, signal: AbortSignal.abort() });
        expect(await fail(call)).toMatchObject({ kind: 'canceled', mayHaveBeenPaid: false });
        expect(harness.countRequests()).toBe(0);
      });

      if (traits.tools) describeTools(run, stream);
      if (traits.jsonSchema) {
        it('keeps to a JSON schema', async () => {
          const { message, finishReason } = await run(stream, { response_format: CITY_FORM });
          expect(JSON.parse(message.content ?? '')).toEqual({ city: 'Paris' });
          expect(message.tool_calls).toBeUndefined();
          expect(finishReason).toBe('stop');
        });
      }
      if (traits.images) {
        const urls = [PIXEL_URL, ...(traits.imageUrls ? ['https://example.com/fox.png'] : [])];
        it.each(urls.map((url) => [url.slice(0, 8), url]))(
          'takes a picture at %s',
          async (_, url) => {
            const parts: ChatRequest[] = [
              { type: 'text', text: 'What is this?' },
              { type: 'image_url', image_url: { url: url ?? '' } },
            ];
            const { message } = await run(stream, { messages: [{ role: 'user', content: parts }] });
            expect(message.content).toMatch(/./);
          },
        );
      }

      it('tells a refusal from a fault', async () => {
        if (harness.refused) {
          const { report, finishReason } = await run(stream, harness.refused);
          expect(finishReason).toBe('content_filter');
          expect(report.finishReason).toBe('content_filter');
        }
        if (!harness.blocked) return;
        const error = await fail(prepare(harness.blocked, { stream }));
        expect(error).toMatchObject({ kind: 'refused', canFailOver: false, isRetryable: false });
      });

      const known = traits.faults.filter((fault) => KINDS[fault]);
      it.each(known.filter((fault) => !stream || !IN_BODY.includes(fault)))(
        'knows the fault %s, asks once and shows none of the vendor’s words',
        async (fault) => {
          harness.failNext(fault);
          const error = await fail(prepare({}, { stream }));
          expect(error).toMatchObject({ ...KINDS[fault], provider: harness.provider.id });
          if (fault === 'rate_limited') expect(error.retryAfterS).toBeGreaterThan(0);
          expect(harness.countRequests()).toBe(1);
        },
      );

      if (traits.faults.includes('hang')) {
        it('says that a deadline passed, which is not a cancellation', async () => {
          harness.failNext('hang');
          const deadline = new AbortController();
          const ended = fail(prepare({}, { stream, signal: deadline.signal }));
          // Not before: a request on its way would meet the fault of the next test.
          await vi.waitFor(() => expect(harness.countRequests()).toBe(1), { timeout: 30_000 });
          deadline.abort(new DOMException('The deadline passed.', 'TimeoutError'));
          expect(await ended).toMatchObject({ kind: 'timeout', code: 'provider.timeout' });
        });
      }
      if (traits.faults.includes('cut_body')) {
        it('throws when the vendor breaks off in its answer', async () => {
          harness.failNext('cut_body');
          const error = await fail(prepare({}, { stream }));
          expect(error).toMatchObject({ mayHaveBeenPaid: true, isRetryable: false });
          expect(['unavailable', 'malformed']).toContain(error.kind);
        });
      }
      if (traits.faults.includes('no_usage')) {
        it('says that nothing was counted', async () => {
          harness.failNext('no_usage');
          const { report } = await run(stream);
          expect(report.usage).toBeNull();
          expect(report.warnings).toEqual([]);
        });
      }
      if (traits.faults.includes('wild_usage')) {
        it('does not believe a count that cannot be right', async () => {
          harness.failNext('wild_usage');
          const { report } = await run(stream);
          expect(report.usage).toBeNull();
          expect(report.warnings.map(({ code }) => code)).toEqual(['usage_unreadable']);
        });
      }
    });

    it('shows the usage in a stream to those who asked for it, and to no others', async () => {
      const asked = await run(true, { stream_options: { include_usage: true } });
      const { inputTokens, outputTokens } = asked.report.usage ?? {};
      expect(asked.usage).toMatchObject({
        prompt_tokens: inputTokens,
        completion_tokens: outputTokens,
      });
      const silent = await run(true);
      expect(silent.usage).toBeNull();
      expect(silent.report.usage).toEqual(asked.report.usage);
    });

    it('shows the usage in an answer that is no stream', async () => {
      const { usage, report } = await run(false);
      expect(usage).toMatchObject({ prompt_tokens: report.usage?.inputTokens });
    });

    it('ends the request at the vendor when it is canceled in mid-stream', async () => {
      const controller = new AbortController();
      const call = prepare(harness.slow, { stream: true, signal: controller.signal });
      const reply = await harness.provider.submit(call);
      const pieces: Uint8Array[] = [];
      const reading = (async () => {
        for await (const piece of reply.body) {
          pieces.push(piece);
          controller.abort();
        }
      })();
      await expect(reading).rejects.toMatchObject({ kind: 'canceled' });
      expect(pieces.length).toBeGreaterThan(0);
      await harness.untilLeft?.();
    });

    it('ends the request at the vendor when its reader leaves', async () => {
      const reply = await harness.provider.submit(prepare(harness.slow, { stream: true }));
      for await (const piece of reply.body) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
      await harness.untilLeft?.();
    });

    if (!traits.faults.includes('error_event')) return;
    it('throws when the vendor reports a fault in mid-stream, after what came before it', async () => {
      harness.failNext('error_event');
      const reply = await harness.provider.submit(prepare({}, { stream: true }));
      let text = '';
      const reading = (async () => {
        for await (const piece of reply.body) text += Buffer.from(piece).toString('utf8');
      })();
      await expect(reading).rejects.toBeInstanceOf(ProviderError);
      await expect(reading).rejects.toMatchObject({ mayHaveBeenPaid: true, isRetryable: false });
      expect(text).toContain('chat.completion.chunk');
      expect(text).not.toContain('[DONE]');
    });
  });
}

interface Outcome extends ReadCompletion {
  report: ChatReport;
}

function describeTools(
  run: (stream: boolean, request?: ChatRequest) => Promise<Outcome>,
  stream: boolean,
): void {
  const question = { role: 'user', content: 'How is the weather in Paris?' };

  it('calls the tool it is told to, and answers with its result', async () => {
    const tool_choice = { type: 'function', function: { name: 'get_weather' } };
    const asked = await run(stream, { messages: [question], tools: [WEATHER_TOOL], tool_choice });
    expect(asked.finishReason).toBe('tool_calls');
    expect(asked.report.finishReason).toBe('tool_calls');
    const [called, ...others] = asked.message.tool_calls ?? [];
    expect(others).toEqual([]);
    expect(called?.function.name).toBe('get_weather');
    expect(JSON.parse(called?.function.arguments ?? '')).toEqual({ city: 'Paris' });
    const messages = [
      question,
      { role: 'assistant', content: null, tool_calls: [{ ...called }] },
      { role: 'tool', tool_call_id: called?.id ?? '', content: '{"degrees": 21}' },
    ] as ChatRequest['messages'];
    const answered = await run(stream, { messages: messages ?? [], tools: [WEATHER_TOOL] });
    expect(answered.finishReason).toBe('stop');
    expect(answered.message.content).toMatch(/./);
  });

  it('calls some tool when it must, and none when it must not', async () => {
    const request = { messages: [question], tools: [WEATHER_TOOL] };
    const must = await run(stream, { ...request, tool_choice: 'required' });
    expect(must.message.tool_calls?.[0]?.function.name).toBe('get_weather');
    const mustNot = await run(stream, { ...request, tool_choice: 'none' });
    expect(mustNot.message.tool_calls).toBeUndefined();
  });
}
