// Proves that the simulator of Gemini's chat and embeddings is understood by Google's own package, and takes no more than
// the vendor does.
import { type FunctionCallingConfigMode, GoogleGenAI } from '@google/genai';
import { describe, expect, it } from 'vitest';
import { GeminiSimulator } from '../simulators/gemini.simulator.js';

const KEY = 'AIzaSy-simulated-key-0123456789';
const MODEL = 'gemini-3.8-flash';

describe('the simulator', () => {
  it('is understood by Google’s own package', async () => {
    const simulator = await GeminiSimulator.start({ apiKey: KEY });
    const google = new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: simulator.origin } });
    const answer = await google.models.generateContent({ model: MODEL, contents: 'Hello.' });
    expect(answer.text).toBe('You said: Hello.');
    expect(answer.usageMetadata?.thoughtsTokenCount).toBe(21);
    let text = '';
    const stream = await google.models.generateContentStream({ model: MODEL, contents: 'Hello.' });
    for await (const frame of stream) text += frame.text ?? '';
    expect(text).toBe('You said: Hello.');
    const tools = [{ functionDeclarations: [{ name: 'get_weather' }] }];
    const toolConfig = { functionCallingConfig: { mode: 'ANY' as FunctionCallingConfigMode } };
    const called = await google.models.generateContent({
      model: MODEL,
      contents: 'Weather?',
      config: { tools, toolConfig },
    });
    expect(called.functionCalls).toEqual([{ name: 'get_weather', args: { city: 'Paris' } }]);
    const names: string[] = [];
    for await (const model of await google.models.list()) names.push(model.name ?? '');
    expect(names).toContain('models/gemini-4-argon');
    const embedded = await google.models.embedContent({
      model: 'gemini-embedding-001',
      contents: ['one', 'two'],
      config: { outputDimensionality: 256 },
    });
    expect(embedded.embeddings?.map(({ values }) => values?.length)).toEqual([256, 256]);
    await simulator.stop();
  });

  it('is as strict as the vendor with what it does not know', async () => {
    const simulator = await GeminiSimulator.start({ apiKey: KEY });
    const post = async (fields: object) => {
      const url = `${simulator.baseUrl}/models/${MODEL}:generateContent`;
      const contents = [{ role: 'user', parts: [{ text: 'Hi.' }] }];
      const headers = { 'x-goog-api-key': KEY, 'content-type': 'application/json' };
      const body = JSON.stringify({ contents, ...fields });
      return (await fetch(url, { method: 'POST', headers, body })).status;
    };
    const declare = (parameters: object) => ({
      tools: [{ functionDeclarations: [{ name: 'a', parameters }] }],
    });
    const unsigned = { role: 'model', parts: [{ functionCall: { name: 'a', args: {} } }] };
    expect(await post({})).toBe(200);
    expect(await post({ messages: [] })).toBe(400);
    expect(await post({ contents: [{ role: 'assistant', parts: [{ text: 'a' }] }] })).toBe(400);
    expect(await post({ contents: [unsigned] })).toBe(400);
    expect(await post(declare({ type: 'OBJECT', properties: {} }))).toBe(400);
    expect(await post(declare({ type: 'STRING', additionalProperties: false }))).toBe(400);
    expect(await post({ generationConfig: { candidateCount: 2 } })).toBe(400);
    expect(await post({ generationConfig: { responseSchema: { type: 'STRING' } } })).toBe(400);
    await simulator.stop();
  });
});
