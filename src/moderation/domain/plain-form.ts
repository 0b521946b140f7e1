/** Characters that take no room: soft hyphens, zero-width ones, marks of direction, fillers, tags. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u200b-\u200f\u2060-\u206f]/gu;
/** Marks that are left once letters and marks are joined: drawn over a text, they only hide it. */
const LOOSE_MARKS = new RegExp(toClass([0x300, 0x36f], [0x488, 0x489], [0x20d0, 0x20ff]), 'g');
/**
 * What any of the steps below would change; ordinary letters, quotes and dashes of all languages are not among it.
 * The pairs are blocks of Unicode: spaces and raised letters, loose marks, fillers, letterlike and enclosed signs,
 * full-width forms, the first halves of mathematical letters, enclosed ones and tags.
 */
const IN_DISGUISE = new RegExp(
  toClass(
    [0xa0, 0xa0],
    [0xaa, 0xaa],
    [0xad, 0xad],
    [0xb2, 0xb3],
    [0xb9, 0xba],
    [0x2b0, 0x2b8],
    [0x2e0, 0x2e4],
    [0x300, 0x36f],
    [0x488, 0x489],
    [0x61c, 0x61c],
    [0x115f, 0x1160],
    [0x17b4, 0x17b5],
    [0x180b, 0x180f],
    [0x1d2c, 0x1dbf],
    [0x2000, 0x200f],
    [0x2011, 0x2011],
    [0x2024, 0x2026],
    [0x2028, 0x202f],
    [0x205f, 0x209c],
    [0x20d0, 0x214f],
    [0x2160, 0x2188],
    [0x2460, 0x24ff],
    [0x2c7c, 0x2c7d],
    [0x3000, 0x3000],
    [0x3164, 0x3164],
    [0x3200, 0x33ff],
    [0xfb00, 0xfb06],
    [0xfe00, 0xfe0f],
    [0xfe50, 0xfe6b],
    [0xfeff, 0xffef],
    [0xd835, 0xd835],
    [0xd83c, 0xd83c],
    [0xdb40, 0xdb40],
  ),
);
/** A word that mixes Latin letters with Greek or Cyrillic ones, which no language does. */
const MIXED = /[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]/;
const MIXED_WORD = /[A-Za-z\u0370-\u052f]{1,60}/g;

/** Greek and Cyrillic letters that look like Latin ones; facts from Unicode's confusables (UTS 39). */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  [
    'аa',
    'еe',
    'оo',
    'рp',
    'сc',
    'уy',
    'хx',
    'іi',
    'їi',
    'јj',
    'ѕs',
    'ԁd',
    'ԛq',
    'ԝw',
    'һh',
    'ѵv',
    'гr',
    'пn',
    'тt',
    'мm',
    'кk',
    'вb',
    'нh',
    'АA',
    'ВB',
    'ЕE',
    'КK',
    'МM',
    'НH',
    'ОO',
    'РP',
    'СC',
    'ТT',
    'ХX',
    'ІI',
    'ЈJ',
    'ЅS',
    'αa',
    'εe',
    'ιi',
    'κk',
    'νv',
    'οo',
    'ρp',
    'τt',
    'υu',
    'χx',
    'ηn',
    'γy',
    'ωw',
    'ΑA',
    'ΒB',
    'ΕE',
    'ΗH',
    'ΙI',
    'ΚK',
    'ΜM',
    'ΝN',
    'ΟO',
    'ΡP',
    'ΤT',
    'ΥY',
    'ΧX',
    'ΖZ',
  ].map((pair) => [pair.charAt(0), pair.charAt(1)] as const),
);

/**
 * The text as a reader sees it: compatibility forms (full-width, mathematical, circled letters) become plain ones,
 * invisible characters go, and look-alikes inside of Latin words become Latin. Most texts are so already.
 */
export function toPlainForm(text: string): string {
  const plain = IN_DISGUISE.test(text)
    ? text.normalize('NFKC').replace(INVISIBLE, '').replace(LOOSE_MARKS, '')
    : text;
  return MIXED.test(plain) ? plain.replace(MIXED_WORD, toLatin) : plain;
}

function toLatin(word: string): string {
  return MIXED.test(word) ? word.replace(/[\u0370-\u052f]/g, toLookAlike) : word;
}

function toLookAlike(letter: string): string {
  return LOOK_ALIKES.get(letter) ?? letter;
}

function toClass(...blocks: readonly (readonly [from: number, to: number])[]): string {
  const toEscape = (code: number) => `\\u${code.toString(16).padStart(4, '0')}`;
  return `[${blocks.map(([from, to]) => `${toEscape(from)}-${toEscape(to)}`).join('')}]`;
}
