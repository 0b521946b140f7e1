// Proves which header names the conversation of a request, and that an odd one is passed over.
import { describe, expect, it } from 'vitest';
import { toSession } from './session.js';

describe('toSession', () => {
  it.each([
    [{}, null],
    [{ session_id: 'a' }, 'a'],
    [{ conversation_id: 'c', session_id: 'b' }, 'b'],
    [{ 'x-session-id': 'x', session_id: 'b' }, 'x'],
    [{ 'x-session-id': '', conversation_id: 'c' }, 'c'],
    [{ 'x-session-id': ['p', 'q'], conversation_id: 'c' }, 'c'],
    [{ 'x-session-id': 'x'.repeat(200) }, 'x'.repeat(200)],
    [{ 'x-session-id': 'x'.repeat(201) }, null],
  ])('of %o is %s', (headers, expected) => {
    expect(toSession(headers)).toBe(expected);
  });
});
