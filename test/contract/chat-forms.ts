import { expect } from 'vitest';

/** OpenAI's forms, as its description of CreateChatCompletionResponse and …StreamResponse has them (2026-08). */

const FINISH_REASONS = ['stop', 'length', 'tool_calls', 'content_filter'];

export interface CompletionMessage {
  content: string | null;
  refusal: string | null;
  tool_calls?: { id: string; type: string; function: { name: string; arguments: string } }[];
}

export interface ReadCompletion {
  id: string;
  model: string;
  message: CompletionMessage;
  finishReason: string;
  usage: Record<string, unknown> | null;
}

/** Holds a `chat.completion` to its form. */
export function readCompletion(text: string): ReadCompletion {
  const body = JSON.parse(text) as Record<string, unknown>;
  expect(body).toMatchObject({
    id: expect.stringMatching(/./) as string,
    object: 'chat.completion',
    created: expect.any(Number) as number,
    model: expect.stringMatching(/./) as string,
  });
  expect(Number.isInteger(body.created)).toBe(true);
  const [choice, ...others] = body.choices as Record<string, unknown>[];
  expect(others).toEqual([]);
  expect(choice).toMatchObject({ index: 0, logprobs: null });
  expect(FINISH_REASONS).toContain(choice?.finish_reason);
  const message = choice?.message as CompletionMessage & { role: string };
  expect(message.role).toBe('assistant');
  expect([typeof message.content, message.content]).toSatisfy(isTextOrNull);
  expect([typeof message.refusal, message.refusal]).toSatisfy(isTextOrNull);
  for (const call of message.tool_calls ?? []) {
    expect(call).toMatchObject({ id: expect.stringMatching(/./) as string, type: 'function' });
    expect(typeof JSON.parse(call.function.arguments)).toBe('object');
  }
  if (body.usage !== undefined) expectUsage(body.usage);
  return {
    id: body.id as string,
    model: body.model as string,
    message,
    finishReason: choice?.finish_reason as string,
    usage: (body.usage ?? null) as Record<string, unknown> | null,
  };
}

/** Holds a stream to its form and puts its pieces together. */
export function readChunks(text: string): ReadCompletion {
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  const events = text.split('\n\n').slice(0, -2);
  const chunks = events.map((event) => {
    expect(event.startsWith('data: {')).toBe(true);
    return JSON.parse(event.slice('data: '.length)) as Record<string, unknown>;
  });
  const first = chunks[0] ?? {};
  const message: CompletionMessage & { role?: string } = { content: null, refusal: null };
  let finishReason: string | null = null;
  let usage: Record<string, unknown> | null = null;
  for (const chunk of chunks) {
    expect(chunk).toMatchObject({ id: first.id, object: 'chat.completion.chunk' });
    expect(Number.isInteger(chunk.created)).toBe(true);
    expect(typeof chunk.model).toBe('string');
    const choices = chunk.choices as Record<string, unknown>[];
    if (chunk.usage !== undefined && chunk.usage !== null) {
      expect(usage).toBeNull();
      expectUsage(chunk.usage);
      usage = chunk.usage as Record<string, unknown>;
    }
    for (const choice of choices) {
      expect(choice.index).toBe(0);
      expect(finishReason).toBeNull();
      addDelta(message, choice.delta as Delta);
      finishReason = choice.finish_reason as string | null;
    }
  }
  expect(message.role).toBe('assistant');
  delete message.role;
  expect(FINISH_REASONS).toContain(finishReason);
  for (const call of message.tool_calls ?? []) {
    expect(call).toMatchObject({ id: expect.stringMatching(/./) as string, type: 'function' });
    expect(typeof JSON.parse(call.function.arguments)).toBe('object');
  }
  return {
    id: first.id as string,
    model: first.model as string,
    message,
    finishReason: finishReason ?? '',
    usage,
  };
}

interface Delta {
  role?: string;
  content?: string | null;
  refusal?: string | null;
  tool_calls?: {
    index: number;
    id?: string;
    type?: string;
    function: { name?: string; arguments?: string };
  }[];
}

function addDelta(message: CompletionMessage & { role?: string }, delta: Delta): void {
  if (delta.role) message.role = delta.role;
  if (typeof delta.content === 'string') message.content = (message.content ?? '') + delta.content;
  if (typeof delta.refusal === 'string') message.refusal = (message.refusal ?? '') + delta.refusal;
  for (const piece of delta.tool_calls ?? []) {
    message.tool_calls ??= [];
    const known = (message.tool_calls[piece.index] ??= {
      id: piece.id ?? '',
      type: piece.type ?? '',
      function: { name: piece.function.name ?? '', arguments: '' },
    });
    known.function.arguments += piece.function.arguments ?? '';
  }
}

function isTextOrNull([type, value]: [string, unknown]): boolean {
  return type === 'string' || value === null;
}

function expectUsage(value: unknown): void {
  const usage = value as Record<string, number>;
  for (const field of ['prompt_tokens', 'completion_tokens', 'total_tokens']) {
    expect(Number.isInteger(usage[field])).toBe(true);
  }
  expect(usage.total_tokens).toBe((usage.prompt_tokens ?? 0) + (usage.completion_tokens ?? 0));
}
