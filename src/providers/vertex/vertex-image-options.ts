import {
  oneOf,
  type OptionCheck,
  readProviderOptions,
  yesOrNo,
} from '../shared/read-provider-options.js';

/** The vendor's rules for labels (resource labels, read 2026-11). */
const LABELS_MAX = 64;
const LABEL_NAME = /^[a-z][a-z0-9_-]{0,62}$/;
const LABEL_VALUE = /^[a-z0-9_-]{0,63}$/;

/** What callers may set beyond the common words. Other names are refused. */
const CHECKS = {
  /** Without it, a seed counts. */
  add_watermark: yesOrNo(),
  person_generation: oneOf('dont_allow', 'allow_adult', 'allow_all'),
  safety_setting: oneOf(
    'block_low_and_above',
    'block_medium_and_above',
    'block_only_high',
    'block_none',
  ),
  /** Shown on the vendor's bill. */
  labels: labels(),
};

export type VertexImageOptions = Partial<Record<keyof typeof CHECKS, unknown>>;

/** @throws DomainError `request.invalid` naming the options at fault */
export function toVertexImageOptions(
  options: Readonly<Record<string, unknown>>,
): VertexImageOptions {
  return readProviderOptions('vertex', CHECKS, options);
}

function labels(): OptionCheck {
  return (value) => {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    const pairs = isMap ? Object.entries(value) : [];
    const areRight = pairs.every(
      ([name, text]) => LABEL_NAME.test(name) && typeof text === 'string' && LABEL_VALUE.test(text),
    );
    return isMap && areRight && pairs.length <= LABELS_MAX
      ? null
      : `must be up to ${LABELS_MAX} names with a text each, of lower case letters, digits, _ and -`;
  };
}
