// Proves that the facts of an answer are found without parsing it, and that text within it is never taken for them.
import { describe, expect, it } from 'vitest';
import { readChatJson, VendorFault } from './read-chat-json.js';

const USAGE = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
const TRAP = 'say "usage":{"prompt_tokens":0,"completion_tokens":0},"model":"x" \\" {[ \u2028 é';

function answer(fields: object = {}): object {
  const message = { role: 'assistant', content: TRAP, refusal: null };
  return {
    id: 'c1',
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    model: 'm-1',
    usage: USAGE,
    ...fields,
  };
}

describe('readChatJson', () => {
  it.each([undefined, 2, '\t'])('finds them whatever the spaces (%o)', (space) => {
    const bytes = Buffer.from(`\n ${JSON.stringify(answer(), null, space)} \n`);
    expect(readChatJson(bytes)).toEqual({ usage: USAGE, model: 'm-1', finishReason: 'stop' });
  });

  it('takes the field of the answer and not those of a like name within', () => {
    const choices = [
      { usage: { prompt_tokens: 0 }, model: 'x', finish_reason: 'function_call' },
      { finish_reason: 'length' },
    ];
    const bytes = Buffer.from(JSON.stringify(answer({ choices, metadata: { usage: 1 } })));
    expect(readChatJson(bytes)).toEqual({ usage: USAGE, model: 'm-1', finishReason: 'tool_calls' });
  });

  it('leaves open what is not told', () => {
    const facts = { usage: undefined, model: null, finishReason: null };
    expect(readChatJson(Buffer.from('{"choices":[]}'))).toEqual(facts);
    expect(readChatJson(Buffer.from('{"usage":null,"choices":[{}],"model":7}'))).toEqual({
      usage: null,
      model: null,
      finishReason: null,
    });
  });

  const whole = JSON.stringify(answer());
  it.each([
    '',
    ' ',
    '[]',
    '"text"',
    '<html>',
    '{}',
    '{"choices":{}}',
    '{"choices"}',
    '{"choices":}',
    '{"choices":[],}x',
    '{"choices":[]}{',
    '{"choices":["]}',
    '{"id":"\\"}',
    whole.slice(0, -1),
    whole.slice(0, whole.length / 2),
  ])('refuses %o', (text) => {
    expect(() => readChatJson(Buffer.from(text))).toThrow('an answer');
  });

  it('tells a fault from an answer', () => {
    expect(() => readChatJson(Buffer.from('{"error":{"code":429}}'))).toThrow(VendorFault);
  });
});
