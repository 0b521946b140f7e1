import {
  numberBetween,
  oneOf,
  readProviderOptions,
  text,
  wholeNumber,
  yesOrNo,
} from '../shared/read-provider-options.js';

export const ASPECT_RATIOS = ['1:1', '16:9', '21:9', '2:3', '3:2', '4:5', '5:4', '9:16', '9:21'];
const TEXT_CHARS_MAX = 10_000;
const SIDE_PX_MAX = 2_000;

/** What callers may set beyond the common words, under the vendor's own names. Other names are refused. */
const CHECKS = {
  /** Instead of a size in pixels. */
  aspect_ratio: oneOf(...ASPECT_RATIOS),
  /** With an input picture: 0 keeps it as it is, 1 pays no heed to it. */
  strength: numberBetween(0, 1),
  /** Pixels by which the mask is widened and softened. */
  grow_mask: wholeNumber(0, 100),
  creativity: numberBetween(0, 1),
  /** Outpaint: pixels to add at each side. */
  left: wholeNumber(0, SIDE_PX_MAX),
  right: wholeNumber(0, SIDE_PX_MAX),
  up: wholeNumber(0, SIDE_PX_MAX),
  down: wholeNumber(0, SIDE_PX_MAX),
  /** What is to be replaced, or recoloured. */
  search_prompt: text(TEXT_CHARS_MAX),
  select_prompt: text(TEXT_CHARS_MAX),
  /** How much a sketch, a structure or a style counts. */
  control_strength: numberBetween(0, 1),
  fidelity: numberBetween(0, 1),
  /** Relighting; the prompt itself is for the background. */
  foreground_prompt: text(TEXT_CHARS_MAX),
  preserve_original_subject: numberBetween(0, 1),
  original_background_depth: numberBetween(0, 1),
  keep_original_background: yesOrNo(),
  light_source_direction: oneOf('left', 'right', 'above', 'below'),
  light_source_strength: numberBetween(0, 1),
};

export type StabilityImageOptionName = keyof typeof CHECKS;
export type StabilityImageOptions = Partial<Record<StabilityImageOptionName, unknown>>;

/** @throws DomainError `request.invalid` naming the options at fault */
export function toStabilityImageOptions(
  options: Readonly<Record<string, unknown>>,
): StabilityImageOptions {
  return readProviderOptions('stability', CHECKS, options);
}
