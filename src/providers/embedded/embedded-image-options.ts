import { readProviderOptions, wholeNumber } from '../shared/read-provider-options.js';

const DELAY_MS_MAX = 60_000;

const CHECKS = {
  /** Waits before the first picture, as a slow vendor does. */
  delay_ms: wholeNumber(0, DELAY_MS_MAX),
};

export interface EmbeddedImageOptions {
  delayMs: number;
}

/** @throws DomainError `request.invalid` naming the option */
export function toEmbeddedImageOptions(
  options: Readonly<Record<string, unknown>>,
): EmbeddedImageOptions {
  const known = readProviderOptions('embedded', CHECKS, options);
  return { delayMs: Number(known.delay_ms ?? 0) };
}
