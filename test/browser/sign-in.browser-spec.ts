// Proves the sign-in in a real browser: its cookie rules, its redirects, the issuer's forms, and the page it ends at, which
// takes the code out of the address, runs under its own policy alone, and shows tokens that work.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SsoApplication, startSso, whoAmI } from '../setup/sso-application.js';
import { openChromium, type TestBrowser } from './chromium.js';

const PICTURES = join(import.meta.dirname, '../../data/browser');

let sso: SsoApplication;
let browser: TestBrowser;
let page: Page;
let complaints: string[];
let requests: string[];

beforeAll(async () => {
  sso = await startSso();
  sso.issuer.people.set('ada', {
    email: 'ada@corp.example',
    email_verified: true,
    name: 'Ada Lovelace',
  });
  sso.issuer.people.set('eve', { email: 'eve@corp.example', email_verified: false, name: 'Eve' });
  mkdirSync(PICTURES, { recursive: true });
});
afterAll(() => sso.stop());

beforeEach(async () => {
  browser = await openChromium();
  page = await browser.context.newPage();
  complaints = [];
  requests = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
});
afterEach(() => browser.close());

/** Through the forms of the issuer, as a person would. */
async function signIn(login: string): Promise<void> {
  await page.goto(sso.startUrl);
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', 'anything');
  await page.click('button[type=submit]');
  await page.waitForSelector('input[value=consent]', { state: 'attached' });
  await page.click('button[type=submit]');
}

async function listOurCookies() {
  const cookies = await browser.context.cookies(sso.startUrl.replace('/start', '/callback'));
  return cookies.filter(({ name }) => name.startsWith('atelier_sso_'));
}

describe('in Chromium', () => {
  it('a sign-in ends with tokens that work, and with an address that holds no code', async () => {
    await signIn('ada');
    await page.waitForSelector('#done:not([hidden])');
    expect(new URL(page.url()).search).toBe('');
    const token = await page.inputValue('#access');
    const me = await whoAmI(sso, { authorization: `Bearer ${token}` });
    expect(me.body).toMatchObject({ email: 'ada@corp.example', name: 'Ada Lovelace' });
    expect(await page.inputValue('#refresh')).not.toBe('');
    await page.screenshot({ path: join(PICTURES, 'completed.png') });
    const back = requests.findIndex((url) => url.includes('/callback?'));
    const origins = new Set(requests.slice(back).map((url) => new URL(url).origin));
    expect([...origins]).toEqual([sso.atelier.baseUrl]);
    expect(complaints.filter((text) => text.includes('Content Security Policy'))).toEqual([]);
    expect(await listOurCookies()).toEqual([]);
  });

  it('the page of a code that was used says what to do', async () => {
    await page.goto(`${sso.atelier.baseUrl}/api/v1/auth/oidc/complete?code=${'A'.repeat(43)}`);
    await page.waitForSelector('#failed:not([hidden])');
    expect(await page.textContent('#reason')).toContain('Sign in again');
    expect(new URL(page.url()).search).toBe('');
  });

  it('a refused sign-in is a page that names the reason', async () => {
    await signIn('eve');
    await page.waitForSelector('h1');
    expect(await page.textContent('main')).toContain('has not verified your e-mail address');
    await page.screenshot({ path: join(PICTURES, 'refused.png') });
  });

  it('the cookie of a sign-in is out of reach of scripts, and sent to the callback alone', async () => {
    await page.goto(sso.startUrl);
    expect(await listOurCookies()).toMatchObject([
      { httpOnly: true, sameSite: 'Lax', path: '/api/v1/auth/oidc/corporate/callback' },
    ]);
  });
});
