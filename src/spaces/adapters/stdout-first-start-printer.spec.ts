// Proves that the printed block tells what was made up, and not what somebody set.
import { describe, expect, it } from 'vitest';
import { renderNotice } from './stdout-first-start-printer.js';

const notice = {
  email: 'operator@atelier.local',
  password: 'pass-1',
  apiKey: 'atl_key',
  searchSpaceId: 'space-1',
};

describe('renderNotice', () => {
  it('has address, password, key and space, each on its line', () => {
    const lines = renderNotice(notice)
      .split('\n')
      .map((line) => line.trim().split(/\s{2,}/));
    expect(lines).toEqual(
      expect.arrayContaining([
        ['e-mail', 'operator@atelier.local'],
        ['password', 'pass-1'],
        ['API key', 'atl_key'],
        ['search space', 'space-1'],
      ]),
    );
  });

  it('names the setting instead of a secret that was set', () => {
    const text = renderNotice({ ...notice, password: null, apiKey: null });
    expect(text).toContain('BOOTSTRAP_ADMIN_PASSWORD');
    expect(text).toContain('BOOTSTRAP_API_KEY');
    expect(text).not.toMatch(/pass-1|atl_key/);
  });
});
