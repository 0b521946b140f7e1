// Proves what a vendor is told of the tool, of choices among tools, and of what was made before.
import { describe, expect, it } from 'vitest';
import { findImageTool, type ImageTool, toVendorChoice, toVendorTools } from './image-tool.js';
import { readWish, tellPictureItems, toFunctionItems, toPictureItem } from './picture-call.js';
import { RoundsTalk } from './rounds-talk.js';

const TOOL: ImageTool = { model: null, size: null, quality: null, n: null };
const OURS = { type: 'generate_image' };
const FUNCTION = { type: 'function', name: 'f' };
const call = (text: string) => ({ type: 'function_call', call_id: 'c1', arguments: text });

describe('the tool', () => {
  it('is found with what its caller says, and refused beside its like', () => {
    expect(findImageTool({ input: 'x' })).toBeNull();
    expect(findImageTool({ tools: [{ type: 'function', name: 'generate_image' }] })).toBeNull();
    expect(findImageTool({ tools: [FUNCTION, { ...OURS, n: 2, size: 'auto' }] })).toEqual({
      ...TOOL,
      n: 2,
      size: 'auto',
    });
    const taken = { type: 'custom', name: 'generate_image' };
    expect(() => findImageTool({ tools: [taken, OURS] })).toThrow('tools[0].name');
    expect(() => findImageTool({ tools: [OURS, OURS] })).toThrow('tools[1]');
  });

  it('is a function to the vendor, as long as it is offered', () => {
    const [own, other] = toVendorTools([OURS, FUNCTION], TOOL, true);
    expect(own).toMatchObject({ type: 'function', name: 'generate_image', strict: false });
    expect(other).toBe(FUNCTION);
    expect(toVendorTools([OURS, FUNCTION], TOOL, false)).toEqual([FUNCTION]);
  });

  const allowed = { type: 'allowed_tools', mode: 'required', tools: [OURS, FUNCTION] };
  const named = { type: 'function', name: 'generate_image' };
  it.each([
    [undefined, 'auto', 'auto'],
    ['none', 'none', 'none'],
    ['required', 'required', 'auto'],
    [OURS, named, 'auto'],
    [FUNCTION, FUNCTION, 'auto'],
    [
      allowed,
      { ...allowed, tools: [named, FUNCTION] },
      { ...allowed, mode: 'auto', tools: [named, FUNCTION] },
    ],
  ])('is chosen once: %j', (choice, first, later) => {
    expect(toVendorChoice(choice, false)).toEqual(first);
    expect(toVendorChoice(choice, true)).toEqual(later);
  });
});

describe('a call of it', () => {
  it.each([
    ['{"prompt":"a fox"}', { prompt: 'a fox', n: 1 }],
    ['{"prompt":"a fox","n":4}', { prompt: 'a fox', n: 4 }],
    ['{"prompt":"a fox","n":5}', expect.stringContaining('n must')],
    ['{"prompt":"a fox","n":"2"}', expect.stringContaining('n must')],
    ['{"prompt":"a fox","n":1.5}', expect.stringContaining('n must')],
    ['{"prompt":"  "}', expect.stringContaining('prompt')],
    ['{"prompt":{}}', expect.stringContaining('prompt')],
    ['{"prompt":"a \\u0000 fox"}', expect.stringContaining('NUL')],
    ['{"prompt":"a \\ud800 fox"}', expect.stringContaining('surrogate')],
    ['["a fox"]', expect.stringContaining('JSON object')],
    ['null', expect.stringContaining('JSON object')],
    ['{"prompt":', expect.stringContaining('JSON object')],
    [JSON.stringify({ prompt: 'x'.repeat(32_001) }), expect.stringContaining('too long')],
  ])('is read, or told what is wrong with it: %#', (text, wish) => {
    expect(readWish(call(text), TOOL)).toEqual(wish);
  });

  it('has as many pictures as its caller set', () => {
    expect(readWish(call('{"prompt":"a fox","n":4}'), { ...TOOL, n: 2 })).toMatchObject({ n: 2 });
  });

  it('goes to the client and back to the vendor', () => {
    const images = [{ url: 'https://x/1', alt: 'a fox' }];
    const item = toPictureItem(call('{"prompt":"a fox"}'), {
      generationId: 'g1',
      images,
      error: null,
    });
    expect(item).toMatchObject({ id: 'igc_g1', status: 'completed', count: 1, images });
    const { input } = tellPictureItems({ input: [{ role: 'user', content: 'x' }, item] });
    expect(input).toEqual([{ role: 'user', content: 'x' }, ...toFunctionItems(item)]);
    expect(toFunctionItems(item)).toMatchObject([
      { type: 'function_call', call_id: 'c1', arguments: '{"prompt":"a fox"}' },
      { type: 'function_call_output', call_id: 'c1', output: JSON.stringify({ images, count: 1 }) },
    ]);
  });
});

describe('the talk of several rounds', () => {
  const request = {
    model: 'm',
    input: 'Draw.',
    stream: true,
    stream_options: { include_obfuscation: false },
    parallel_tool_calls: false,
    tools: [OURS],
  };
  const reasoning = { type: 'reasoning', id: 'rs_1', summary: [] };
  const drawing = { ...call('{"prompt":"a fox"}'), id: 'fc_1', name: 'generate_image' };

  it('is told whole in each, without what the vendor would have to have stored', () => {
    const talk = new RoundsTalk(request, TOOL);
    const sealed = { ...reasoning, encrypted_content: 'sealed' };
    const heard = talk.hear({
      status: 'completed',
      output: [reasoning, sealed, drawing, 'noise'],
      usage: { input_tokens: 1, details: { cached: 2 } },
    });
    expect(heard).toEqual({ ours: [drawing], hasOthers: false });
    const item = toPictureItem(drawing, { generationId: 'g1', images: [], error: null });
    talk.tell([item], [toFunctionItems(item)[1]!]);
    talk.goOn();
    const { id, ...anonymous } = drawing;
    expect(id).toBe('fc_1');
    expect(talk.toRequest(false)).toEqual({
      model: 'm',
      stream: false,
      input: [{ role: 'user', content: 'Draw.' }, sealed, anonymous, toFunctionItems(item)[1]],
    });
    talk.hear({
      status: 'completed',
      output: [],
      usage: { input_tokens: 4, details: { cached: 1 } },
    });
    expect(talk.toResponse()).toMatchObject({
      output: [item],
      usage: { input_tokens: 5, details: { cached: 3 } },
      tools: [OURS],
    });
  });

  it('runs nothing of an answer that was cut', () => {
    const talk = new RoundsTalk(request, TOOL);
    expect(talk.hear({ status: 'incomplete', output: [drawing] }).ours).toEqual([]);
    expect(talk.toResponse()).toMatchObject({ status: 'incomplete', output: [] });
  });
});
