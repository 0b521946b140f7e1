// Proves which URLs the guard refuses, in every spelling an address has, and what the operator's list opens.
import { describe, expect, it } from 'vitest';
import { DomainError } from '../common/domain-error.js';
import type { AppConfig } from '../config/app-config.js';
import { HostResolver } from './host-resolver.port.js';
import { OutboundGuard } from './outbound-guard.js';

class FixedResolver extends HostResolver {
  constructor(private readonly answers: Readonly<Record<string, string[]>> = {}) {
    super();
  }

  async resolve(hostname: string): Promise<string[]> {
    const answer = this.answers[hostname];
    if (!answer) throw new Error('ENOTFOUND');
    return answer;
  }
}

function createGuard(
  allow: string[] = [],
  answers: Readonly<Record<string, string[]>> = {},
): OutboundGuard {
  return new OutboundGuard(
    { outbound: { allow } } as unknown as AppConfig,
    new FixedResolver(answers),
  );
}

/** The rule that refuses the URL before or after DNS; null when it may be fetched. */
async function findRule(guard: OutboundGuard, text: string): Promise<unknown> {
  try {
    const url = guard.assertUrl(text);
    await guard.resolve(url.hostname, url.port === '' ? 80 : Number(url.port));
    return null;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.details.rule ?? error.details.reason;
  }
}

const SPELLINGS: [url: string, rule: string][] = [
  // Loopback in the spellings of inet_aton.
  ['http://127.0.0.1/', 'loopback'],
  ['http://127.0.0.1./', 'loopback'],
  ['http://127.1/', 'loopback'],
  ['http://127.0.1/', 'loopback'],
  ['http://2130706433/', 'loopback'],
  ['http://017700000001/', 'loopback'],
  ['http://0x7f000001/', 'loopback'],
  ['http://0x7f.0x0.0x0.0x1/', 'loopback'],
  ['http://0177.0.0.01/', 'loopback'],
  ['http://127.255.255.254/', 'loopback'],
  ['http://%31%32%37.0.0.1/', 'loopback'],
  ['http://127。0。0。1/', 'loopback'],
  ['http://１２７.０.０.１/', 'loopback'],
  ['http://①②⑦.⓪.⓪.①/', 'loopback'],
  ['http:\\\\127.0.0.1\\', 'loopback'],
  ['http:127.0.0.1', 'loopback'],
  ['HTTP://127.0.0.1:80', 'loopback'],
  // The rest of IPv4.
  ['http://0.0.0.0/', 'unspecified'],
  ['http://0/', 'unspecified'],
  ['http://0.1.2.3/', 'unspecified'],
  ['http://10.0.0.1/', 'private'],
  ['http://012.0.0.1/', 'private'],
  ['http://172.16.0.1/', 'private'],
  ['http://172.31.255.255/', 'private'],
  ['http://192.168.1.1/', 'private'],
  ['http://0xc0a80101/', 'private'],
  ['http://100.64.0.1/', 'shared'],
  ['http://100.127.255.255/', 'shared'],
  ['http://169.254.1.1/', 'link_local'],
  ['http://169.254.169.254/latest/meta-data/', 'metadata'],
  ['http://2852039166/', 'metadata'],
  ['http://0xa9fea9fe/', 'metadata'],
  ['http://169.254.170.2/', 'metadata'],
  ['http://100.100.100.200/', 'metadata'],
  ['http://168.63.129.16/', 'metadata'],
  ['http://192.0.0.192/', 'metadata'],
  ['http://192.0.0.1/', 'reserved'],
  ['http://192.0.2.1/', 'reserved'],
  ['http://192.88.99.1/', 'reserved'],
  ['http://198.18.0.1/', 'reserved'],
  ['http://198.51.100.1/', 'reserved'],
  ['http://203.0.113.1/', 'reserved'],
  ['http://224.0.0.1/', 'multicast'],
  ['http://239.255.255.255/', 'multicast'],
  ['http://240.0.0.1/', 'reserved'],
  ['http://255.255.255.255/', 'multicast'],
  // IPv6, and IPv4 dressed as IPv6.
  ['http://[::]/', 'unspecified'],
  ['http://[::1]/', 'loopback'],
  ['http://[0:0:0:0:0:0:0:1]/', 'loopback'],
  ['http://[::ffff:127.0.0.1]/', 'loopback'],
  ['http://[::ffff:7f00:1]/', 'loopback'],
  ['http://[0:0:0:0:0:ffff:7f00:0001]/', 'loopback'],
  ['http://[::ffff:169.254.169.254]/', 'metadata'],
  ['http://[::ffff:10.0.0.1]/', 'private'],
  ['http://[::127.0.0.1]/', 'reserved'],
  ['http://[::7f00:1]/', 'reserved'],
  ['http://[::ffff:0:127.0.0.1]/', 'reserved'],
  ['http://[64:ff9b::127.0.0.1]/', 'loopback'],
  ['http://[64:ff9b::a9fe:a9fe]/', 'metadata'],
  ['http://[64:ff9b:1::7f00:1]/', 'reserved'],
  ['http://[2002:7f00:1::]/', 'reserved'],
  ['http://[2002:a9fe:a9fe::1]/', 'reserved'],
  ['http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/', 'reserved'],
  ['http://[2001:db8::1]/', 'reserved'],
  ['http://[2001:10::1]/', 'reserved'],
  ['http://[2001:20::1]/', 'reserved'],
  ['http://[3fff::1]/', 'reserved'],
  ['http://[5f00::1]/', 'reserved'],
  ['http://[100::1]/', 'reserved'],
  ['http://[fc00::1]/', 'private'],
  ['http://[fd12:3456::1]/', 'private'],
  ['http://[fd00:ec2::254]/', 'metadata'],
  ['http://[fe80::1]/', 'link_local'],
  ['http://[fec0::1]/', 'reserved'],
  ['http://[ff02::1]/', 'multicast'],
  // Zone ids are no part of a URL's host.
  ['http://[fe80::1%25eth0]/', 'malformed'],
  ['http://[::1%25lo]/', 'malformed'],
  // Names that are local by convention, whatever DNS says of them.
  ['http://localhost/', 'name'],
  ['http://LOCALHOST./', 'name'],
  ['http://foo.localhost/', 'name'],
  ['http://localhost.localdomain/', 'name'],
  ['http://ip6-localhost/', 'name'],
  ['http://metadata.google.internal/', 'name'],
  ['http://printer.local/', 'name'],
  ['http://nas.home.arpa/', 'name'],
  // Everything that is not a plain http or https URL.
  ['', 'malformed'],
  ['/relative.png', 'malformed'],
  ['//host/x.png', 'malformed'],
  ['http://', 'malformed'],
  ['http://256.256.256.256/', 'malformed'],
  ['http://1.2.3.4.5/', 'malformed'],
  ['http://host name/', 'malformed'],
  ['file:///etc/passwd', 'scheme'],
  ['ftp://example.com/', 'scheme'],
  ['gopher://example.com/', 'scheme'],
  ['data:image/png;base64,AAAA', 'scheme'],
  ['javascript:alert(1)', 'scheme'],
  ['blob:http://example.com/x', 'scheme'],
  ['http://user@example.com/', 'credentials'],
  ['http://user:secret@example.com/', 'credentials'],
  ['http://:secret@example.com/', 'credentials'],
  ['http://example.com#@127.0.0.1/', 'host_unknown'],
  ['http://example.com@127.0.0.1/', 'credentials'],
  [`http://example.com/${'a'.repeat(9_000)}`, 'too_long'],
];

describe('OutboundGuard', () => {
  it.each(SPELLINGS)('refuses %s by the rule %s', async (url, rule) => {
    expect(await findRule(createGuard(), url)).toBe(rule);
  });

  it.each([
    ['http://8.8.8.8/'],
    ['https://1.1.1.1:8443/x?y'],
    ['http://172.32.0.1/'],
    ['http://100.128.0.1/'],
    ['http://[2606:4700:4700::1111]/'],
    ['http://[::ffff:8.8.8.8]/'],
    ['http://[64:ff9b::8.8.8.8]/'],
  ])('lets the public address %s pass', async (url) => {
    expect(await findRule(createGuard(), url)).toBeNull();
  });

  it('refuses a host when only one of its addresses is forbidden', async () => {
    const guard = createGuard([], { 'mixed.example': ['8.8.8.8', '10.0.0.1'] });
    expect(await findRule(guard, 'http://mixed.example/')).toBe('private');
  });

  it.each([
    ['127.0.0.1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['fe80::1%eth0', 'link_local'],
    ['169.254.169.254', 'metadata'],
    ['0.0.0.0', 'unspecified'],
    ['no address', 'reserved'],
  ])('refuses a public name that resolves to %s', async (answer, rule) => {
    const guard = createGuard([], { 'rebind.example': [answer] });
    expect(await findRule(guard, 'http://rebind.example/')).toBe(rule);
  });

  it('reports a name without any address as unknown', async () => {
    const guard = createGuard([], { 'empty.example': [] });
    expect(await findRule(guard, 'http://empty.example/')).toBe('host_unknown');
    expect(await findRule(guard, 'http://missing.example/')).toBe('host_unknown');
  });

  it('says which rule refused and names the setting, but never the address', () => {
    try {
      createGuard().assertUrl('http://10.1.2.3/');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        code: 'outbound.url_refused',
        details: { rule: 'private', setting: 'OUTBOUND_ALLOW' },
      });
      expect((error as Error).message).toContain('OUTBOUND_ALLOW');
      expect((error as Error).message).not.toContain('10.1.2.3');
    }
  });
});

describe('OUTBOUND_ALLOW', () => {
  const ANSWERS = {
    'gpu.corp': ['10.0.0.5'],
    'evil.corp': ['169.254.169.254'],
    localhost: ['127.0.0.1', '::1'],
  };

  it.each<[allow: string, url: string, rule: string | null]>([
    ['127.0.0.1', 'http://127.0.0.1:1234/', null],
    ['127.0.0.1', 'http://2130706433:1234/', null],
    ['127.0.0.1', 'http://[::ffff:127.0.0.1]/', null],
    ['127.0.0.1', 'http://127.0.0.2/', 'loopback'],
    ['127.0.0.1:9001', 'http://127.0.0.1:9001/', null],
    ['127.0.0.1:9001', 'http://127.0.0.1:9002/', 'loopback'],
    ['127.0.0.1:9001', 'http://127.0.0.1/', 'loopback'],
    ['127.0.0.1:80', 'http://127.0.0.1/', null],
    ['10.0.0.0/8', 'http://10.200.1.1/', null],
    ['10.0.0.0/8', 'http://gpu.corp/', null],
    ['10.0.0.0/8', 'http://192.168.0.1/', 'private'],
    ['10.0.0.0/8', 'http://[fd00::1]/', 'private'],
    ['::1', 'http://[::1]:99/', null],
    ['[::1]:99', 'http://[::1]:99/', null],
    ['[::1]:99', 'http://[::1]:98/', 'loopback'],
    ['fd00::/8', 'http://[fd12::1]/', null],
    ['gpu.corp', 'http://gpu.corp:8188/', null],
    ['GPU.corp:8188', 'http://gpu.corp.:8188/', null],
    ['gpu.corp:8188', 'http://gpu.corp/', 'private'],
    ['gpu.corp', 'http://10.0.0.5/', 'private'],
    // A name alone never opens a metadata service; naming the address does.
    ['evil.corp', 'http://evil.corp/', 'metadata'],
    ['169.254.169.254', 'http://evil.corp/', null],
    ['localhost', 'http://localhost:3000/', null],
    ['127.0.0.1', 'http://localhost:3000/', 'loopback'],
    ['127.0.0.0/8', 'http://printer.local/', 'host_unknown'],
  ])('with %s, the verdict on %s is %s', async (allow, url, rule) => {
    expect(await findRule(createGuard([allow], ANSWERS), url)).toBe(rule);
  });

  it.each([
    '',
    '10.0.0.0/33',
    'host:0',
    'host:70000',
    'http://host/',
    'a b',
    'host/path',
    '::1:x/12',
  ])('refuses to start on the entry "%s"', (entry) => {
    expect(() => createGuard([entry])).toThrow(/OUTBOUND_ALLOW/);
  });
});
