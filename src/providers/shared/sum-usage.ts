import type { ImageUsage } from '../spec/image-result.js';

/** More than any answer can have cost: a count beyond it is a lie or a fault. */
const TOKENS_MAX = 100_000_000;

/** A vendor's count of tokens; null = none, or not to be believed. */
export function toTokens(value: unknown): number | null {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= TOKENS_MAX
    ? (value as number)
    : null;
}

/** Credits that a vendor counted, in millionths. Null where one part did not tell: a part is no sum. */
export function toCreditUsage(parts: readonly (number | null)[]): ImageUsage | null {
  if (parts.length === 0 || parts.some((part) => part === null)) return null;
  return {
    inputTokens: 0,
    inputTextTokens: null,
    inputImageTokens: null,
    outputTokens: 0,
    outputImageTokens: null,
    outputTextTokens: null,
    microcredits: parts.reduce<number>((sum, part) => sum + (part ?? 0), 0),
  };
}

/** Of the requests of one call. Null where one of them did not tell: a part is no sum. */
export function sumUsage(parts: readonly (ImageUsage | null)[]): ImageUsage | null {
  const known = parts.filter((part) => part !== null);
  const [first, ...others] = known;
  if (!first || known.length < parts.length) return null;
  return others.reduce(addUsage, first);
}

function addUsage(left: ImageUsage, right: ImageUsage): ImageUsage {
  return {
    inputTokens: left.inputTokens + right.inputTokens,
    inputTextTokens: add(left.inputTextTokens, right.inputTextTokens),
    inputImageTokens: add(left.inputImageTokens, right.inputImageTokens),
    cachedInputTextTokens: (left.cachedInputTextTokens ?? 0) + (right.cachedInputTextTokens ?? 0),
    cachedInputImageTokens:
      (left.cachedInputImageTokens ?? 0) + (right.cachedInputImageTokens ?? 0),
    outputTokens: left.outputTokens + right.outputTokens,
    outputImageTokens: add(left.outputImageTokens, right.outputImageTokens),
    outputTextTokens: add(left.outputTextTokens, right.outputTextTokens),
  };
}

function add(left: number | null, right: number | null): number | null {
  return left === null || right === null ? null : left + right;
}
