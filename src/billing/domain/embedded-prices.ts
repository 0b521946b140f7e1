import type { ListedPrice } from './price-list.js';

const PROVIDER = 'embedded';

/** Small list prices of the renderer in the house, so that money is visible from the first minute. */
export const EMBEDDED_PRICES: readonly ListedPrice[] = [
  image('0.001', 1_024 * 1_024),
  image('0.0015', 2_048 * 2_048),
  image('0.002', null),
  { provider: PROVIDER, model: 'embedded-chat', unit: '1M_input_tokens', usd: '0.1' },
  { provider: PROVIDER, model: 'embedded-chat', unit: '1M_output_tokens', usd: '0.4' },
  { provider: PROVIDER, model: 'embedded-embedding', unit: '1M_input_tokens', usd: '0.02' },
];

function image(usd: string, pixelsMax: number | null): ListedPrice {
  return { provider: PROVIDER, model: 'embedded-image', unit: 'image', usd, pixels_max: pixelsMax };
}
