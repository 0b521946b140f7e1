// Proves that `npm run simulators` starts a simulator of each vendor with settings that the service takes, that each of
// them answers, and that all of them end with the process.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { SETTINGS } from '../../src/config/env.schema.js';

const LINE = /^([A-Z_]+)='(.*)'$/;
const LAST_SETTING = 'OUTBOUND_ALLOW';

let command: ChildProcess | null = null;

afterEach(async () => {
  if (!command || command.exitCode !== null) return;
  command.kill('SIGKILL');
  await once(command, 'exit');
});

/** The settings that it printed; null = it ended before. */
async function start(...given: string[]): Promise<Record<string, string> | null> {
  command = spawn(process.execPath, ['scripts/simulators.mjs', '--port', '0', ...given], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const settings: Record<string, string> = {};
  let text = '';
  for await (const part of command.stdout ?? []) {
    text += String(part);
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const [, name = '', value = ''] = LINE.exec(line) ?? [];
      settings[name] = value;
    }
    if (LAST_SETTING in settings) return settings;
  }
  return null;
}

describe('npm run simulators', () => {
  it('starts one for each vendor, which answers until the process is told to end', async () => {
    const settings = await start();
    const names = Object.keys(settings ?? {});
    const known = SETTINGS.map(({ name }) => name as string);
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
    const addresses = names.filter((name) => name.endsWith('_BASE_URL'));
    expect(addresses.length).toBeGreaterThanOrEqual(6);
    for (const name of addresses) {
      const address = new URL(settings?.[name] ?? '');
      expect(address.hostname).toBe(settings?.[LAST_SETTING]);
      // An answer of the vendor's form, though to nothing that it knows.
      const answer = await fetch(`${address.href}/nothing-there`, { method: 'POST', body: '{}' });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      const seen = await fetch(`${address.origin}/__simulator/calls`);
      expect(await seen.json()).toMatchObject({ count: 1 });
    }
    command?.kill('SIGTERM');
    expect(await once(command!, 'exit')).toEqual([0, null]);
  });

  it('starts those that are named, and says which there are', async () => {
    const settings = await start('bfl');
    expect(Object.keys(settings ?? {})).toEqual(['BFL_API_KEY', 'BFL_BASE_URL', LAST_SETTING]);
    const answer = await fetch(`${settings?.BFL_BASE_URL}/v1/flux-2-pro`, {
      method: 'POST',
      headers: { 'x-key': settings?.BFL_API_KEY ?? '' },
      body: JSON.stringify({ prompt: 'a red fox' }),
    });
    expect(await answer.json()).toMatchObject({ id: expect.any(String) });
    command?.kill('SIGTERM');
    await once(command!, 'exit');
    expect(await start('nobody')).toBeNull();
  });
});
