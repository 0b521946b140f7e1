import {
  numberBetween,
  oneOf,
  readProviderOptions,
  text,
  wholeNumber,
} from '../shared/read-provider-options.js';

/** What callers may set beyond the common words, under the vendor's own names. Other names are refused. */
const CHECKS = {
  /** How strict the vendor's filter is; generations only. */
  moderation: oneOf('auto', 'low'),
  /** Planning effort, GPT Image 2.6. */
  complexity: oneOf('low', 'medium', 'high'),
  /** How close an edit keeps to its inputs; not on GPT Image 2. */
  input_fidelity: oneOf('high', 'low'),
  /** Hashed id of the end user, for the vendor's abuse checks. */
  safety_identifier: text(128),
  user: text(256),
  /** Compatible servers only: GPT image models always answer base64 and refuse the field. */
  response_format: oneOf('b64_json', 'url'),
  /** vLLM-Omni. */
  true_cfg_scale: numberBetween(0, 100),
  /** LocalAI. */
  step: wholeNumber(1, 1_000),
  mode: wholeNumber(0, 100),
};

export type OpenaiImageOptionName = keyof typeof CHECKS;
export type OpenaiImageOptions = Partial<Record<OpenaiImageOptionName, unknown>>;

/** @throws DomainError `request.invalid` naming the options at fault */
export function toOpenaiImageOptions(
  options: Readonly<Record<string, unknown>>,
): OpenaiImageOptions {
  return readProviderOptions('openai', CHECKS, options);
}
