import {
  numberBetween,
  oneOf,
  readProviderOptions,
  text,
  yesOrNo,
} from '../shared/read-provider-options.js';

/** What callers may set beyond the common words. Other names are refused. */
const CHECKS = {
  /** Instead of a size in pixels: the shape, and the class of size. */
  aspect_ratio: oneOf(
    '1:1',
    '2:3',
    '3:2',
    '3:4',
    '4:3',
    '4:5',
    '5:4',
    '9:16',
    '16:9',
    '21:9',
    '1:4',
    '4:1',
    '1:8',
    '8:1',
  ),
  image_size: oneOf('512', '1K', '2K', '4K'),
  /** How long the model plans before it draws. Its thoughts are charged as text. */
  thinking_level: oneOf('MINIMAL', 'MEDIUM', 'HIGH'),
  temperature: numberBetween(0, 2),
  /** From which probability on each kind of harm is blocked. */
  safety_threshold: oneOf(
    'BLOCK_LOW_AND_ABOVE',
    'BLOCK_MEDIUM_AND_ABOVE',
    'BLOCK_ONLY_HIGH',
    'BLOCK_NONE',
    'OFF',
  ),
  /** The others are for servers of the Imagen form only. */
  safety_setting: oneOf(
    'block_low_and_above',
    'block_medium_and_above',
    'block_only_high',
    'block_none',
  ),
  person_generation: oneOf('dont_allow', 'allow_adult', 'allow_all'),
  add_watermark: yesOrNo(),
  enhance_prompt: yesOrNo(),
  language: text(20),
};

export type GeminiImageOptionName = keyof typeof CHECKS;
export type GeminiImageOptions = Partial<Record<GeminiImageOptionName, unknown>>;

/** @throws DomainError `request.invalid` naming the options at fault */
export function toGeminiImageOptions(
  options: Readonly<Record<string, unknown>>,
): GeminiImageOptions {
  return readProviderOptions('gemini', CHECKS, options);
}
