import type { ErrorRule } from './error-rule.js';

/** So much of the vendor's words is searched, in characters. */
const SEARCHED_CHARS_MAX = 8_192;

/** What rules look at. */
export interface VendorFailureFacts {
  provider: string;
  /** HTTP status; null = there was no answer. */
  status: number | null;
  /** The vendor's own words, redacted; null = it said nothing. */
  words: string | null;
}

interface ReadyRule {
  rule: ErrorRule;
  keywords: readonly string[];
}

/** All rules, and which of them counts. */
export class ErrorRuleBook {
  private readonly ready: readonly ReadyRule[];

  constructor(
    /** By id. */
    readonly rules: readonly ErrorRule[],
  ) {
    this.ready = rules
      .filter(({ isEnabled }) => isEnabled)
      .toSorted((left, right) => left.priority - right.priority || (left.id < right.id ? -1 : 1))
      .map((rule) => ({ rule, keywords: rule.keywords.map((word) => word.toLowerCase()) }));
  }

  /** The first that matches; null = none does. */
  find({ provider, status, words }: VendorFailureFacts): ErrorRule | null {
    if (this.ready.length === 0) return null;
    const text = (words ?? '').slice(0, SEARCHED_CHARS_MAX).toLowerCase();
    const found = this.ready.find((ready) => matches(ready, provider, status, text));
    return found?.rule ?? null;
  }
}

function matches(
  { rule, keywords }: ReadyRule,
  provider: string,
  status: number | null,
  text: string,
): boolean {
  if (rule.providers.length > 0 && !rule.providers.includes(provider)) return false;
  const hasStatus = status !== null && rule.errorCodes.includes(status);
  const hasKeyword = keywords.some((word) => text.includes(word));
  if (rule.matchMode === 'any') return hasStatus || hasKeyword;
  return (hasStatus || rule.errorCodes.length === 0) && (hasKeyword || rule.keywords.length === 0);
}
