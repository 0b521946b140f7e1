/** Proves that statement names get their client's prefix, and nothing else of a batch changes. */
import { describe, expect, it } from 'vitest';
import { closeStatementsMessage, prefixStatements, toMessage, walkMessages } from './pg-wire.js';

const parse = (name: string, text = 'select 1') => toMessage('P', `${name}\0${text}\0\0\0`);
const bind = (portal: string, name: string) =>
  toMessage('B', `${portal}\0${name}\0`, Buffer.alloc(6));
const describeStatement = (name: string) => toMessage('D', `S${name}\0`);
const describePortal = (name: string) => toMessage('D', `P${name}\0`);
const closeStatement = (name: string) => toMessage('C', `S${name}\0`);
const sync = toMessage('S');

function prefix(...messages: Buffer[]): [batch: Buffer, parsed: string[]] {
  const parsed = new Set<string>();
  return [prefixStatements(Buffer.concat(messages), 'c1_', parsed), [...parsed]];
}

describe('prefixStatements', () => {
  it('renames in Parse, Bind, Describe and Close', () => {
    const [batch] = prefix(
      parse('a'),
      bind('', 'a'),
      describeStatement('a'),
      closeStatement('a'),
      sync,
    );
    expect(batch).toEqual(
      Buffer.concat([
        parse('c1_a'),
        bind('', 'c1_a'),
        describeStatement('c1_a'),
        closeStatement('c1_a'),
        sync,
      ]),
    );
  });

  it('leaves the unnamed statement, portals and other messages as they are', () => {
    const given = [
      parse(''),
      bind('portal', ''),
      describePortal('portal'),
      describeStatement(''),
      toMessage('E', 'portal\0', Buffer.alloc(4)),
      toMessage('Q', 'select 1\0'),
      sync,
    ];
    expect(prefix(...given)).toEqual([Buffer.concat(given), []]);
  });

  it('looks past a named portal for the statement', () => {
    expect(prefix(bind('portal', 'a'))[0]).toEqual(bind('portal', 'c1_a'));
  });

  it('remembers what was parsed, for the clean-up', () => {
    expect(prefix(parse('a'), parse('ü'), bind('', 'b'))[1]).toEqual(['c1_a', 'c1_ü']);
  });
});

describe('walkMessages', () => {
  it('leaves out a message that is cut off', () => {
    const whole = Buffer.concat([sync, parse('a')]);
    expect([...walkMessages(whole)]).toHaveLength(2);
    for (let cut = 1; cut < parse('a').length; cut += 1) {
      expect([...walkMessages(whole.subarray(0, whole.length - cut))]).toHaveLength(1);
    }
  });
});

describe('closeStatementsMessage', () => {
  it('closes each one and ends with a Sync', () => {
    expect(closeStatementsMessage(['a', 'b'])).toEqual(
      Buffer.concat([closeStatement('a'), closeStatement('b'), sync]),
    );
  });
});
