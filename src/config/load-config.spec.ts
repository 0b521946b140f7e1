// Proves that the settings are read whole, that all faults come at once, and that no secret is ever shown.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from './config.errors.js';
import { loadConfig } from './load-config.js';

const SECRET = 'a-secret-that-must-never-be-shown-anywhere';
const LARGE = {
  DATABASE_URL: 'postgres://user:hidden-word@db/atelier',
  REDIS_URL: 'redis://cache',
  JWT_SECRET: SECRET,
  LINK_SECRET: SECRET,
  ENCRYPTION_SECRET: SECRET,
  MEDIA_DIR: '/srv/media',
};

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'atelier-config-'));
});
afterEach(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadConfig({ DATA_DIR: dataDir, ...environment });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('needs nothing: everything is embedded, and secrets are made once, readable by their owner alone', () => {
    const first = loadConfig({ DATA_DIR: dataDir });
    expect(first).toMatchObject({
      role: 'all',
      database: { kind: 'embedded' },
      queue: { kind: 'in_process' },
      http: { host: '127.0.0.1', port: 3000, corsOrigins: [], trustedProxies: [] },
      vendors: {
        defaultProvider: 'embedded',
        accounts: { openai: null, comfyui: null, anthropic: null },
      },
    });
    expect(first.auth.jwtSecret).not.toBe(first.media.linkSecret);
    const path = join(dataDir, 'secrets', 'jwt');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toBe(first.auth.jwtSecret);
    expect(loadConfig({ DATA_DIR: dataDir }).auth.jwtSecret).toBe(first.auth.jwtSecret);
  });

  it('is frozen to its leaves', () => {
    const config = loadConfig({ DATA_DIR: dataDir, CORS_ORIGINS: 'https://a.example' });
    expect(Object.isFrozen(config.http)).toBe(true);
    expect(() => (config.http.corsOrigins as string[]).push('https://b.example')).toThrow(
      TypeError,
    );
  });

  it('reports all faults at once', () => {
    const faults = faultsOf({
      PORT: '70000',
      LOG_LEVEL: 'loud',
      SYNC_WAIT_S: 'soon',
      PUBLIC_URL: 'x',
    });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
      'PORT',
      'PUBLIC_URL',
      'LOG_LEVEL',
      'SYNC_WAIT_S',
    ]);
  });

  it.each([
    [{ DATABASE_URL: 'postgres://db/atelier' }, ['JWT_SECRET', 'LINK_SECRET', 'ENCRYPTION_SECRET']],
    [{ REDIS_URL: 'redis://cache' }, ['DATABASE_URL']],
    [{ ROLE: 'api' }, ['DATABASE_URL', 'REDIS_URL', 'MEDIA_DIR']],
    [{ ...LARGE, DATABASE_URL: 'mysql://db' }, ['DATABASE_URL']],
    [{ AI_PROVIDER: 'openai' }, ['OPENAI_API_KEY']],
    [{ AI_PROVIDER: 'gemini', OPENAI_API_KEY: 'x' }, ['GOOGLE_API_KEY']],
    [{ AI_PROVIDER: 'stability' }, ['STABILITY_API_KEY']],
    [{ AI_PROVIDER: 'bfl' }, ['BFL_API_KEY']],
    [{ AI_PROVIDER: 'replicate' }, ['REPLICATE_API_KEY']],
    [{ AI_PROVIDER: 'sora' }, ['shut it down']],
    [
      { RETENTION_MIN_DAYS: '30', RETENTION_MAX_DAYS: '7' },
      ['RETENTION_MIN_DAYS=30', 'RETENTION_MAX_DAYS=7'],
    ],
    [{ BOOTSTRAP_API_KEY: `atl_${'x'.repeat(60)}` }, ['BOOTSTRAP_API_KEY']],
  ])('refuses %o and names what is missing', (environment, named) => {
    const text = faultsOf(environment).join('\n');
    for (const name of named) expect(text).toContain(name);
  });

  it('takes the large set when it is complete', () => {
    expect(loadConfig({ DATA_DIR: dataDir, ...LARGE, ROLE: 'worker' })).toMatchObject({
      role: 'worker',
      database: { kind: 'postgres' },
      queue: { kind: 'bull' },
      media: { dir: '/srv/media' },
    });
  });

  it('never shows a secret in a fault', () => {
    const text = faultsOf({
      JWT_SECRET: 'short-secret',
      DATABASE_URL: 'ftp://u:hidden-word@db',
    }).join();
    expect(text).toContain('JWT_SECRET must have at least 32 characters');
    expect(text).not.toContain('short-secret');
    expect(text).not.toContain('hidden-word');
  });
});
