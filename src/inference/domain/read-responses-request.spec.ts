// Proves that whatever goes in is counted, read by who reads prompts, and held for: no field of an item is a way around.
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../common/json-value.js';
import { readResponsesRequest } from './read-responses-request.js';

const read = (input: JsonValue, more: Record<string, JsonValue> = {}) =>
  readResponsesRequest({ input, ...more });
const LONG = 'word '.repeat(3_000);

describe('readResponsesRequest', () => {
  it('reads every text, and tells where it stands', () => {
    const items: JsonValue = [
      { role: 'user', content: 'one' },
      { role: 'user', content: [{ type: 'input_text', text: 'two' }] },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: 'three' },
      { type: 'function_call_output', call_id: 'c', output: 'four' },
      {
        type: 'function_call_output',
        call_id: 'c',
        output: [{ type: 'input_text', text: 'five' }],
      },
      { type: 'custom_tool_call', call_id: 'd', name: 'g', input: 'six' },
    ];
    expect(read(items, { instructions: 'zero' }).texts).toEqual([
      { field: 'instructions', text: 'zero' },
      { field: 'input[0].content', text: 'one' },
      { field: 'input[1].content[0].text', text: 'two' },
      { field: 'input[2].arguments', text: 'three' },
      { field: 'input[3].output', text: 'four' },
      { field: 'input[4].output[0].text', text: 'five' },
      { field: 'input[5].input', text: 'six' },
    ]);
  });

  it.each([
    { type: 'custom_tool_call', input: LONG },
    { type: 'shell_call', action: { commands: [LONG] } },
    { type: 'code_interpreter_call', code: LONG },
    { type: 'reasoning', summary: [{ type: 'summary_text', text: LONG }] },
    { type: 'reasoning', encrypted_content: LONG },
    { type: 'shell_call_output', output: [{ stdout: LONG, outcome: null }] },
    { type: 'mcp_call', output: LONG },
    { type: 'computer_call_output', output: { type: 'other', text: LONG } },
    { content: [null, [LONG], { content: { content: { content: { content: [LONG] } } } }] },
  ] as JsonValue[])('counts what an item has, whatever it is: %#', (item) => {
    expect(read([item]).inputTokens).toBeGreaterThanOrEqual(LONG.length / 3);
  });

  it('counts a picture as one, not by its bytes', () => {
    const url = `data:image/png;base64,${'A'.repeat(3_000_000)}`;
    const { images, inputTokens } = {
      images: read([{ role: 'user', content: [{ type: 'input_image', image_url: url }] }])
        .hasImages,
      inputTokens: read([
        { type: 'computer_call_output', output: { type: 'computer_screenshot', image_url: url } },
        { type: 'image_generation_call', result: url },
      ]).inputTokens,
    };
    expect(images).toBe(true);
    expect(inputTokens).toBeLessThan(5_000);
  });

  it.each([
    ['input[0].content[0].file_id', [{ content: [{ type: 'input_file', file_id: 'f' }] }]],
    ['input[0].output.file_id', [{ output: { type: 'computer_screenshot', file_id: 'f' } }]],
    ['input[0]', [{ type: 'item_reference', id: 'i' }]],
  ])('refuses what a vendor would have to have stored: %s', (field, input) => {
    expect(() => read(input as JsonValue)).toThrow(field);
  });
});
