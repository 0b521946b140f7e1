/** Holds money code to whole numbers: no division, no rounding, no fraction but where it is said why none can hurt. */
import { describe, expect, it } from 'vitest';
import { findFloats } from './money-floats.js';
import { isSpec, listCode, parse } from './source-files.js';

const MONEY = [
  'src/billing',
  'src/payments',
  'src/common/micros.ts',
  'src/generations/admit-generation.service.ts',
  'src/generations/draft-generation.service.ts',
  'src/generations/domain/held-money.ts',
  'src/generations/domain/list-thriftier.ts',
  'src/generations/conclude-generation.service.ts',
  'src/generations/conclude-member.ts',
];

/** `path name what`: why it computes no money, or why nothing is lost. */
const ALLOWED: Readonly<Record<string, string>> = {
  'src/payments/purchases.service.ts open /':
    'undoes the multiplication that made amountMinor of whole units, so it is whole again',
};

const code = (text: string) => parse('src/x.ts', text);
const found = (text: string) => findFloats(code(text)).map(({ what }) => what);

describe('fractions in money code', () => {
  it('are none but the allowed ones', () => {
    const facts = listCode(MONEY)
      .filter((file) => !isSpec(file))
      .flatMap(findFloats);
    const unknown = facts.filter((fact) => !(toKey(fact) in ALLOWED));
    expect(unknown.map((fact) => `${fact.place} ${fact.within} ${fact.what}`)).toEqual([]);
    const keys = new Set(facts.map(toKey));
    expect(Object.keys(ALLOWED).filter((key) => !keys.has(key))).toEqual([]);
  });

  it.each([
    ['const share = price / 3;', ['/']],
    ['let price = 1; price /= 2;', ['/']],
    ['const slack = price * 1.25;', ['1.25']],
    ['const tiny = 1e-3;', ['1e-3']],
    ['const micros = Math.round(dollars * 1e6);', ['Math.round']],
    ['const micros = Math.ceil(x);', ['Math.ceil']],
    ['const text = price.toFixed(2);', ['toFixed']],
    ['const waitS = Math.ceil(leftMs / MS_PER_S);', []],
    ['const price = Math.ceil(priceMs / parts);', ['/', 'Math.ceil']],
    ['const price = parseFloat(text);', ['parseFloat']],
    ['const price = Number.parseFloat(text);', ['parseFloat']],
    ['const price = Number(line.usd);', ['Number']],
    ['const micros = Number(row.charged_micros);', []],
    ['const price = +text;', ['+']],
    ['const exact = (total + basis - 1n) / basis;', []],
    ['const exact = Number(BigInt(a) / BigInt(b));', []],
    ['const most = Math.max(a, b) * 4 + 1_000_000;', []],
  ])('are seen in %s', (text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  it('are named by the function around them', () => {
    const file = code('class A { split() { return [1].map((one) => one / 2); } }\nconst B = 0.5;');
    expect(findFloats(file).map(({ within }) => within)).toEqual(['split', 'B']);
  });
});

function toKey({ path, within, what }: { path: string; within: string; what: string }): string {
  return `${path} ${within} ${what}`;
}
