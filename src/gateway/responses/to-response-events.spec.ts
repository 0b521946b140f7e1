// Proves that the events of a whole response build that response again, as OpenAI's own client reads them.
import * as fc from 'fast-check';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import type { ResponseItem } from './response-item.js';
import { toResponseEvents } from './to-response-events.js';

const text = fc.string({ unit: 'grapheme', maxLength: 1_200 });
const message = fc
  .array(fc.record({ type: fc.constant('output_text'), text, annotations: fc.constant([]) }), {
    maxLength: 3,
  })
  .map((content) => ({
    type: 'message',
    id: 'm',
    role: 'assistant',
    status: 'completed',
    content,
  }));
const refusal = text.map((said) => ({
  type: 'message',
  id: 'm',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'refusal', refusal: said }],
}));
const call = text.map((given) => ({
  type: 'function_call',
  id: 'f',
  call_id: 'c',
  name: 'get_weather',
  status: 'completed',
  arguments: given,
}));
const custom = text.map((input) => ({
  type: 'custom_tool_call',
  id: 'x',
  call_id: 'd',
  name: 'g',
  input,
}));
const others = fc.constantFrom(
  { type: 'reasoning', id: 'r', summary: [], encrypted_content: 'sealed' },
  { type: 'generate_image_call', id: 'i', images: [{ url: 'https://x/y', alt: 'z' }], count: 1 },
);
const output = fc.array(fc.oneof(message, refusal, call, custom, others), { maxLength: 6 });

function toResponse(items: readonly object[], status = 'completed'): ResponseItem {
  return {
    id: 'resp_1',
    object: 'response',
    status,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    error: null,
    model: 'm-1',
    output: items as unknown as ResponseItem[],
    usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
  };
}

/** What the client's helper makes of the events, up to the one that repeats the whole. */
async function follow(response: ResponseItem, withoutEnd: boolean): Promise<ResponseItem[]> {
  const events = [...toResponseEvents(response)];
  const body = events.slice(0, withoutEnd ? -1 : undefined).join('');
  const client = new OpenAI({
    apiKey: 'k',
    maxRetries: 0,
    fetch: () =>
      Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } })),
  });
  const final = await client.responses.stream({ model: 'm', input: 'i' }).finalResponse();
  return final.output as unknown as ResponseItem[];
}

/** Without what the helper adds for those who parse. */
const plain = (items: readonly unknown[]): unknown =>
  JSON.parse(
    JSON.stringify(items, (key, value: unknown) => (key.startsWith('parsed') ? undefined : value)),
  );

describe('toResponseEvents', () => {
  it('builds the same output, with and without the event that repeats it', async () => {
    await fc.assert(
      fc.asyncProperty(output, fc.boolean(), async (items, withoutEnd) => {
        expect(plain(await follow(toResponse(items), withoutEnd))).toEqual(plain(items));
      }),
      { numRuns: 60 },
    );
  });

  it('numbers its events, and ends as the response does', () => {
    const events = [...toResponseEvents(toResponse([], 'incomplete'))];
    expect(events.map((event) => /"sequence_number":(\d+)/.exec(event)?.[1])).toEqual(
      events.map((_, index) => String(index)),
    );
    expect(events.at(-1)).toMatch(/^event: response\.incomplete\ndata: \{/);
  });
});
