import {
  numberBetween,
  oneOf,
  readProviderOptions,
  wholeNumber,
  yesOrNo,
} from '../shared/read-provider-options.js';

/** The vendor takes any from 3:7 to 7:3; these have names. */
export const ASPECT_RATIOS = [
  '1:1',
  '21:9',
  '16:9',
  '3:2',
  '4:3',
  '5:4',
  '4:5',
  '3:4',
  '2:3',
  '9:16',
  '9:21',
];
const SAFETY_TOLERANCE_MAX = 6;
const SIDE_PX_MAX = 2_048;

/** What callers may set beyond the common words, under the vendor's own names. Other names are refused. */
const CHECKS = {
  /** Instead of a size in pixels. */
  aspect_ratio: oneOf(...ASPECT_RATIOS),
  /** Lets the vendor write the prompt anew. */
  prompt_upsampling: yesOrNo(),
  /** 0 is the strictest; FLUX.2 ends at 5. */
  safety_tolerance: wholeNumber(0, SAFETY_TOLERANCE_MAX),
  /** Less processed, more natural. */
  raw: yesOrNo(),
  /** How much the given picture counts in a variation. */
  image_prompt_strength: numberBetween(0, 1),
  /** Outpaint: pixels to add at each side. */
  top: wholeNumber(0, SIDE_PX_MAX),
  bottom: wholeNumber(0, SIDE_PX_MAX),
  left: wholeNumber(0, SIDE_PX_MAX),
  right: wholeNumber(0, SIDE_PX_MAX),
};

export type BflImageOptions = Partial<Record<keyof typeof CHECKS, unknown>>;

/** @throws DomainError `request.invalid` naming the options at fault */
export function toBflImageOptions(options: Readonly<Record<string, unknown>>): BflImageOptions {
  return readProviderOptions('bfl', CHECKS, options);
}
