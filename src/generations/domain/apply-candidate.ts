import type { Generation, StoredCandidate } from './generation.js';

/** The generation as it runs on a candidate: model, connection, size and price are that one's. */
export function applyCandidate(generation: Generation, candidate: StoredCandidate): Generation {
  const { model, provider, connection, size, quote } = candidate;
  const { widthPx, heightPx, vendorModel, isSticky } = candidate;
  return {
    ...generation,
    model,
    provider,
    connection,
    size,
    quote,
    options: { ...generation.options, widthPx, heightPx, vendorModel, isSticky },
  };
}

/**
 * The generation on the next of its fallbacks, with those after it left.
 * Null when there is none.
 */
export function toNextCandidate(generation: Generation): Generation | null {
  const [next, ...fallbacks] = generation.options.fallbacks ?? [];
  if (!next) return null;
  return applyCandidate({ ...generation, options: { ...generation.options, fallbacks } }, next);
}

/** The generation with those of its candidates that pass, in order; null when none does. */
export function keepCandidates(
  generation: Generation,
  isKept: (candidate: StoredCandidate) => boolean,
): Generation | null {
  const [first, ...fallbacks] = listCandidates(generation).filter(isKept);
  if (!first) return null;
  return applyCandidate({ ...generation, options: { ...generation.options, fallbacks } }, first);
}

/** What runs and what it may fall back to, in the order in which they are tried. */
export function listCandidates(generation: Generation): StoredCandidate[] {
  return [toCandidate(generation), ...(generation.options.fallbacks ?? [])];
}

function toCandidate({ options, ...generation }: Generation): StoredCandidate {
  const { model, provider, connection, size, quote } = generation;
  const { widthPx, heightPx, vendorModel = null, isSticky = false } = options;
  return { model, provider, connection, vendorModel, isSticky, size, widthPx, heightPx, quote };
}
