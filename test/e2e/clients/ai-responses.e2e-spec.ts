// Proves that Vercel's `ai` speaks the Responses API here, which `@ai-sdk/openai` uses unless told otherwise: nothing but
// base URL, key and model is set.
import { createOpenAI } from '@ai-sdk/openai';
import { generateObject, generateText, stepCountIs, streamText, tool } from 'ai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { API_KEY } from '../../setup/application.js';
import { startWithTextVendors, type TextApplication } from '../../setup/text-application.js';

const PROMPT = 'How is the weather in Paris?';

let atelier: TextApplication;
let openai: ReturnType<typeof createOpenAI>;

beforeAll(async () => {
  atelier = await startWithTextVendors();
  openai = createOpenAI({ baseURL: atelier.openaiUrl, apiKey: API_KEY });
});
afterAll(() => atelier.stop());
beforeEach(() => atelier.reset());

describe('ai with the Responses API', () => {
  it.each(['gpt-4o-mini', 'gpt-5.1'])('has text of %s', async (model) => {
    const { text, usage, finishReason } = await generateText({
      model: openai(model),
      prompt: PROMPT,
    });
    expect(atelier.vendors.openai.calls.at(-1)?.path).toBe('/v1/responses');
    expect(text).toBe(`You said: ${PROMPT}`);
    expect(finishReason).toBe('stop');
    expect(usage.outputTokens).toBeGreaterThan(0);
  });

  it('has a stream', async () => {
    const { textStream, finishReason } = streamText({
      model: openai('gpt-5.1'),
      prompt: PROMPT,
    });
    let text = '';
    for await (const piece of textStream) text += piece;
    expect(text).toBe(`You said: ${PROMPT}`);
    expect(await finishReason).toBe('stop');
  });

  it('has an object of a schema', async () => {
    const { object } = await generateObject({
      model: openai('gpt-4o-mini'),
      schema: z.object({ city: z.string() }),
      prompt: PROMPT,
    });
    expect(object).toEqual({ city: 'Paris' });
  });

  it('runs tools, and goes on with what they gave', async () => {
    const { text, steps } = await generateText({
      model: openai('gpt-4o-mini'),
      prompt: PROMPT,
      tools: {
        get_weather: tool({
          inputSchema: z.object({ city: z.string() }),
          execute: ({ city }) => `21 degrees in ${city}`,
        }),
      },
      stopWhen: stepCountIs(2),
      prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? 'required' : 'auto' }),
      providerOptions: { openai: { store: false } },
    });
    expect(steps).toHaveLength(2);
    expect(text).toBe('You said: 21 degrees in Paris');
  });

  it.each(['cut_body', 'failed'] as const)(
    'hears of a stream that ends badly: %s',
    async (fault) => {
      atelier.vendors.openai.failNext(fault);
      const errors: unknown[] = [];
      const { fullStream } = streamText({
        model: openai('gpt-4o-mini'),
        prompt: PROMPT,
        onError: ({ error }) => void errors.push(error),
      });
      for await (const part of fullStream) void part;
      expect(errors).toHaveLength(1);
      expect(JSON.stringify(errors)).toContain('provider.');
    },
  );
});
