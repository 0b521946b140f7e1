import type { Micros } from '../../common/micros.js';
import { toMicros } from '../../common/micros.js';
import type { StoredOptions, StoredQuote, StoredTerms } from './generation.js';

/** What is set aside for a generation before its first call. */
export interface HeldMoney {
  amountMicros: Micros;
  funding: StoredTerms['funding'];
}

/** From the dearest way to pay to the one that costs nothing. */
const FUNDINGS = ['wallet', 'subscription', 'none'] as const;

/**
 * One hold stands for whichever candidate delivers: the amount of the dearest, out of the purse that any of them needs.
 * What is charged in the end is the price of the one that did.
 */
export function toHeldMoney(generation: {
  quote: StoredQuote;
  options: Pick<StoredOptions, 'fallbacks'>;
}): HeldMoney {
  const quotes = [generation.quote, ...(generation.options.fallbacks ?? []).map(toQuote)];
  const fundings = quotes.map(({ terms }) => terms?.funding ?? 'wallet');
  return {
    amountMicros: toMicros(Math.max(...quotes.map(({ holdMicros }) => holdMicros))),
    funding: FUNDINGS.find((funding) => fundings.includes(funding)) ?? 'wallet',
  };
}

function toQuote({ quote }: { quote: StoredQuote }): StoredQuote {
  return quote;
}
