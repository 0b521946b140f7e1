import { DomainError } from '../../common/domain-error.js';
import {
  numberBetween,
  oneOf,
  type OptionCheck,
  readProviderOptions,
  text,
  wholeNumber,
  yesOrNo,
} from '../shared/read-provider-options.js';

const INSTRUCTION_CHARS_MAX = 1_000;
const STRENGTH = { min: 0.1, max: 0.9 };
const DEGREE_MAX = 10;
const MULTIPLIER_MAX = 2;
const CONTRASTS = [1, 1.3, 1.8, 2.5, 3, 3.5, 4, 4.5];
const PHOTO_REAL_STRENGTHS = [0.55, 0.5, 0.45];

function oneNumberOf(allowed: readonly number[]): OptionCheck {
  return (value) =>
    typeof value === 'number' && allowed.includes(value)
      ? null
      : `must be one of ${allowed.join(', ')}`;
}

/** What callers may set beyond the common words, under the vendor's own names. Other names are refused. */
const CHECKS = {
  /** The vendor's finer way to work; not with `ultra`. */
  alchemy: yesOrNo(),
  /** Larger pictures. */
  ultra: yesOrNo(),
  contrast: oneNumberOf(CONTRASTS),
  contrastRatio: numberBetween(0, 1),
  /** Lets the vendor write the prompt anew. */
  enhancePrompt: yesOrNo(),
  enhancePromptInstruction: text(INSTRUCTION_CHARS_MAX),
  photoReal: yesOrNo(),
  photoRealVersion: oneOf('v2'),
  /** The lower, the more the prompt's style counts. */
  photoRealStrength: oneNumberOf(PHOTO_REAL_STRENGTHS),
  scheduler: oneOf(
    'KLMS',
    'EULER_ANCESTRAL_DISCRETE',
    'EULER_DISCRETE',
    'DDIM',
    'DPM_SOLVER',
    'PNDM',
    'LEONARDO',
  ),
  tiling: yesOrNo(),
  /** With an input picture: how much of it stays. */
  init_strength: numberBetween(STRENGTH.min, STRENGTH.max),
  /** The same as `enhancePrompt`, of the newest models. */
  prompt_enhance: oneOf('AUTO', 'ON', 'OFF'),
  /** Of the newest models: how much pictures that go in count. */
  image_strength: oneOf('LOW', 'MID', 'HIGH'),
  /** Upscaling. */
  upscalerStyle: oneOf('GENERAL', 'CINEMATIC', '2D ART & ILLUSTRATION', 'CG ART & GAME ASSETS'),
  ultraUpscaleStyle: oneOf('ARTISTIC', 'REALISTIC'),
  upscaleMultiplier: numberBetween(1, MULTIPLIER_MAX),
  creativityStrength: wholeNumber(1, DEGREE_MAX),
  detailContrast: wholeNumber(1, DEGREE_MAX),
  similarity: wholeNumber(1, DEGREE_MAX),
};

export type LeonardoImageOptions = Partial<Record<keyof typeof CHECKS, unknown>>;

/** @throws DomainError `request.invalid` naming the options at fault */
export function toLeonardoImageOptions(
  options: Readonly<Record<string, unknown>>,
): LeonardoImageOptions {
  const known = readProviderOptions('leonardo', CHECKS, options);
  if (known.ultra === true && known.alchemy === true) {
    throw DomainError.invalid(
      'provider_options.ultra',
      'does not go with provider_options.alchemy',
    );
  }
  return known;
}
