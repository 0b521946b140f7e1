// Proves what is counted of an answer whose vendor does not count: every word once, in any form it is told.
import { describe, expect, it } from 'vitest';
import { RelayMeter } from './relay-meter.js';

function meter(...parts: string[]): RelayMeter {
  const one = new RelayMeter();
  for (const part of parts) one.push(Buffer.from(part));
  return one;
}

const event = (fields: { type: string } & Record<string, unknown>) =>
  `event: ${fields.type}\ndata: ${JSON.stringify(fields)}\n\n`;

const item = { type: 'message', content: [{ type: 'output_text', text: 'Hello "you"' }] };
const RESPONSE = { id: 'r', object: 'response', status: 'completed', output: [item] };

describe('RelayMeter', () => {
  it('reads chunks of chat', () => {
    const chunk = (delta: object) => `data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`;
    const { texts } = meter(
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'Hello ' }),
      chunk({ content: '"you"' }),
    ).toTexts();
    expect(texts.join('')).toBe('Hello "you"');
  });

  it.each([0, 2])('reads a whole completion, however it is set out (indent %i)', (indent) => {
    const message = { role: 'assistant', content: 'Hello', refusal: null };
    const answer = { object: 'chat.completion', choices: [{ message }] };
    expect(meter(JSON.stringify(answer, null, indent)).toTexts().texts).toEqual(['Hello']);
  });

  it('reads the deltas of a response, and nothing of what repeats them', () => {
    const events = meter(
      event({ type: 'response.created', response: { ...RESPONSE, output: [] } }),
      event({ type: 'response.output_text.delta', delta: 'Hello ' }),
      event({ type: 'response.output_text.delta', delta: '"you"', obfuscation: 'x' }),
      event({ type: 'response.output_text.done', text: 'Hello "you"' }),
      event({ type: 'response.function_call_arguments.delta', delta: '{"a":1}' }),
      event({ type: 'response.function_call_arguments.done', arguments: '{"a":1}' }),
      event({ type: 'response.completed', response: RESPONSE }),
    );
    expect(events.toTexts().texts).toEqual(['Hello ', '"you"', '{"a":1}']);
    expect(events.mayHaveReached(6)).toBe(true);
  });

  it.each([0, 2])('reads a whole response (indent %i)', (indent) => {
    const call = { type: 'function_call', name: 'f', arguments: '{"a":1}' };
    const answer = {
      ...RESPONSE,
      output: [item, call],
      text: { format: { type: 'text' } },
      usage: null,
    };
    const { texts } = meter(JSON.stringify(answer, null, indent)).toTexts();
    expect(texts.toSorted()).toEqual(['Hello "you"', '{"a":1}']);
  });

  it('tells what it no longer keeps by ratio', () => {
    const long = event({ type: 'response.output_text.delta', delta: 'x'.repeat(262_000) });
    const { ratio } = meter(long, long, long, long).toTexts();
    expect(ratio).toBeCloseTo(2, 1);
  });
});
