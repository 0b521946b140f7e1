/** Edge of the grey picture that a hash is made of. */
export const HASH_EDGE_PX = 32;
const FREQUENCIES = 8;
const BITS = 64;
const BAND_BITS = 16;
const BAND_VALUES = 1 << BAND_BITS;
const BANDS = BITS / BAND_BITS;
/** Mean size of the frequencies below which a picture shows nothing that it could be told by. */
const CONTRAST_MIN = 8;
export const DISTANCE_MAX = 10;

const COSINES = Array.from({ length: FREQUENCIES }, (_, frequency) =>
  Float64Array.from({ length: HASH_EDGE_PX }, (__, at) =>
    Math.cos(((2 * at + 1) * frequency * Math.PI) / (2 * HASH_EDGE_PX)),
  ),
);

/**
 * 64 bits of what a picture shows in the large: which of its lowest frequencies (DCT) are above their median.
 * @param grey HASH_EDGE_PX × HASH_EDGE_PX bytes
 * @returns signed; null = it shows next to nothing
 */
export function toPerceptualHash(grey: Uint8Array): bigint | null {
  const frequencies = toFrequencies(grey);
  const [, ...told] = frequencies;
  const mean = told.reduce((sum, value) => sum + Math.abs(value), 0) / told.length;
  if (mean / HASH_EDGE_PX < CONTRAST_MIN) return null;
  const median = told.toSorted((left, right) => left - right)[told.length >> 1] ?? 0;
  // The first is how bright it all is, which says nothing.
  const bits = frequencies.map((value, at) => (at > 0 && value > median ? '1' : '0')).join('');
  return BigInt.asIntN(BITS, BigInt(`0b${bits}`));
}

/** Each quarter of a hash with its place: 0 to 262,143. */
export function toBands(hash: bigint): number[] {
  const unsigned = BigInt.asUintN(BITS, hash);
  return Array.from({ length: BANDS }, (_, place) => {
    const quarter = (unsigned >> BigInt(place * BAND_BITS)) & BigInt(BAND_VALUES - 1);
    return place * BAND_VALUES + Number(quarter);
  });
}

/**
 * The bands in which every hash within the distance has at least one: differences are spread over four quarters, so one
 * of them has a quarter of them at most.
 * @param distance 0 to DISTANCE_MAX
 */
export function toNearBands(hash: bigint, distance: number): number[] {
  const flipsMax = Math.floor(distance / BANDS);
  return toBands(hash).flatMap((band) => toNear(band, flipsMax));
}

/** @param flipsMax 0 to 2 */
function toNear(band: number, flipsMax: number): number[] {
  const flips = Array.from({ length: BAND_BITS }, (_, place) => 1 << place);
  const singles = flipsMax > 0 ? flips : [];
  const pairs =
    flipsMax > 1 ? flips.flatMap((one, at) => flips.slice(at + 1).map((other) => one | other)) : [];
  return [0, ...singles, ...pairs].map((flip) => band ^ flip);
}

function toFrequencies(grey: Uint8Array): number[] {
  const rows = Array.from({ length: HASH_EDGE_PX }, (_, y) =>
    COSINES.map((cosine) =>
      cosine.reduce((sum, factor, x) => sum + factor * (grey[y * HASH_EDGE_PX + x] ?? 0), 0),
    ),
  );
  return COSINES.flatMap((cosine) =>
    COSINES.map((_, frequency) =>
      cosine.reduce((sum, factor, y) => sum + factor * (rows[y]?.[frequency] ?? 0), 0),
    ),
  );
}
