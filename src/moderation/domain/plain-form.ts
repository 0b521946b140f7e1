/** Characters that take no room: soft hyphens, zero-width ones, marks of direction, fillers, tags. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u200b-\u200f\u2060-\u206f]/gu;
const HAS_BEYOND_ASCII = /[^\0-\x7f]/;
/** A word that mixes Latin letters with Greek or Cyrillic ones, which no language does. */
const MIXED_WORD = /[A-Za-z]{0,40}[\u0370-\u052f][A-Za-z\u0370-\u052f]{0,40}/g;
const LATIN = /[A-Za-z]/;

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
 * invisible characters go, and look-alikes inside of Latin words become Latin.
 */
export function toPlainForm(text: string): string {
  if (!HAS_BEYOND_ASCII.test(text)) return text;
  return text
    .normalize('NFKC')
    .replace(INVISIBLE, '')
    .replace(MIXED_WORD, (word) =>
      LATIN.test(word) ? word.replace(/[\u0370-\u052f]/g, toLookAlike) : word,
    );
}

function toLookAlike(letter: string): string {
  return LOOK_ALIKES.get(letter) ?? letter;
}
