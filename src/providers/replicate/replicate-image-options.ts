import {
  numberBetween,
  oneOf,
  readProviderOptions,
  text,
  wholeNumber,
  yesOrNo,
} from '../shared/read-provider-options.js';

export const ASPECT_RATIOS = [
  '1:1',
  '16:9',
  '21:9',
  '3:2',
  '2:3',
  '4:5',
  '5:4',
  '3:4',
  '4:3',
  '9:16',
  '9:21',
];
const TEXT_CHARS_MAX = 1_000;
const SAFETY_TOLERANCE = { min: 1, max: 6 };

/** What callers may set beyond the common words, under the models' own names. Other names are refused. */
const CHECKS = {
  /** Instead of a size in pixels. */
  aspect_ratio: oneOf(...ASPECT_RATIOS),
  /** With an input picture: 0 keeps it as it is, 1 pays no heed to it. */
  prompt_strength: numberBetween(0, 1),
  go_fast: yesOrNo(),
  megapixels: oneOf('1', '0.25'),
  prompt_upsampling: yesOrNo(),
  /** 1 is the strictest. */
  safety_tolerance: wholeNumber(SAFETY_TOLERANCE.min, SAFETY_TOLERANCE.max),
  magic_prompt_option: oneOf('Auto', 'On', 'Off'),
  style_type: oneOf('None', 'Auto', 'General', 'Realistic', 'Design'),
  /** Try-on: what the garment is. */
  garment_des: text(TEXT_CHARS_MAX),
  category: oneOf('upper_body', 'lower_body', 'dresses'),
  crop: yesOrNo(),
  force_dc: yesOrNo(),
};

export type ReplicateImageOptions = Partial<Record<keyof typeof CHECKS, unknown>>;

/** @throws DomainError `request.invalid` naming the options at fault */
export function toReplicateImageOptions(
  options: Readonly<Record<string, unknown>>,
): ReplicateImageOptions {
  return readProviderOptions('replicate', CHECKS, options);
}
