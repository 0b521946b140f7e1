// Proves which connections are asked to judge, and in which order.
import { describe, expect, it } from 'vitest';
import type { Connection } from '../connections/connection.js';
import type { ConnectionsDirectory } from '../connections/connections-directory.port.js';
import { ModerationConnections, servesModeration } from './moderation-connections.js';

const NOW = new Date('2026-11-21T12:00:00Z');

function connection(id: string, baseUrl?: string, more: Partial<Connection> = {}): Connection {
  return {
    id,
    provider: 'openai',
    scope: 'global',
    isEnabled: true,
    expiresAt: null,
    priority: 50,
    models: new Map(),
    credential: { apiKey: 'k', baseUrl },
    ...more,
  } as Connection;
}

async function list(...connections: Connection[]): Promise<string[]> {
  const directory = { listFor: () => Promise.resolve(connections) };
  const connectionsOf = new ModerationConnections(directory as unknown as ConnectionsDirectory, {
    now: () => NOW,
  });
  return (await connectionsOf.list('space')).map(({ id }) => id);
}

describe('ModerationConnections', () => {
  it('leaves out other providers, Azure, and what is off or expired', async () => {
    const ids = await list(
      connection('good'),
      connection('gemini', undefined, { provider: 'gemini' }),
      connection('azure', 'https://pictures.openai.azure.com/openai/v1'),
      connection('off', undefined, { isEnabled: false }),
      connection('expired', undefined, { expiresAt: NOW }),
    );
    expect(ids).toEqual(['good']);
  });

  it('puts OpenAI first, then what is one’s own, then priority', async () => {
    const ids = await list(
      connection('compatible', 'http://10.0.0.1/v1', { priority: 99 }),
      connection('own-compatible', 'http://10.0.0.2/v1', { scope: 'space' }),
      connection('house', 'https://api.openai.com/v1'),
      connection('house-first', undefined, { priority: 60 }),
      connection('own', 'https://eu.api.openai.com/v1', { scope: 'user', priority: 1 }),
    );
    expect(ids).toEqual(['own', 'house-first', 'house', 'own-compatible', 'compatible']);
  });

  it('knows who serves moderation without being asked', () => {
    const models = new Map([['omni-moderation-latest', {}]]) as unknown as Connection['models'];
    expect(servesModeration(connection('a'))).toBe(true);
    expect(servesModeration(connection('b', 'https://api.openai.com'))).toBe(true);
    expect(servesModeration(connection('c', 'https://api.openai.com.evil.example/v1'))).toBe(false);
    expect(servesModeration(connection('d', 'http://127.0.0.1:8000/v1'))).toBe(false);
    expect(servesModeration(connection('e', 'http://127.0.0.1:8000/v1', { models }))).toBe(true);
  });
});
