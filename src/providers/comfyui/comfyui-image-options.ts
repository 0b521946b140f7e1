import {
  numberBetween,
  oneOf,
  type OptionCheck,
  readProviderOptions,
} from '../shared/read-provider-options.js';

const SAMPLERS = [
  'euler',
  'euler_ancestral',
  'heun',
  'dpm_2',
  'lms',
  'dpmpp_2m',
  'dpmpp_2m_sde',
  'dpmpp_sde',
  'ddim',
  'uni_pc',
  'lcm',
];
const SCHEDULERS = [
  'simple',
  'sgm_uniform',
  'karras',
  'exponential',
  'ddim_uniform',
  'beta',
  'normal',
  'linear_quadratic',
  'kl_optimal',
];
const LORA_STRENGTH_MAX = 4;
/** A file of the server's model folders, perhaps in a folder below: never a way out of them. */
const FILE_FORM =
  /^(?!.*\.\.)[\w][\w.() -]*([/\\][\w][\w.() -]*)*\.(safetensors|sft|ckpt|pth?|bin)$/;
const FILE_CHARS_MAX = 200;

function modelFile(): OptionCheck {
  return (value) =>
    typeof value === 'string' && value.length <= FILE_CHARS_MAX && FILE_FORM.test(value)
      ? null
      : 'must be the name of a model file, as flux1-dev.safetensors';
}

/** What callers may set beyond the common words. Whole workflows are not taken. Other names are refused. */
const CHECKS = {
  /** The file of the model itself, instead of the usual one. */
  checkpoint: modelFile(),
  vae: modelFile(),
  /** FLUX: the T5 file, as t5xxl_fp8_e4m3fn.safetensors. */
  text_encoder: modelFile(),
  weight_dtype: oneOf('default', 'fp8_e4m3fn', 'fp8_e4m3fn_fast', 'fp8_e5m2'),
  sampler: oneOf(...SAMPLERS),
  scheduler: oneOf(...SCHEDULERS),
  /** With an input picture: 0 keeps it as it is, 1 pays no heed to it. */
  denoise: numberBetween(0, 1),
  lora: modelFile(),
  lora_strength: numberBetween(-LORA_STRENGTH_MAX, LORA_STRENGTH_MAX),
};

export type ComfyuiImageOptions = Partial<Record<keyof typeof CHECKS, unknown>>;

/** @throws DomainError `request.invalid` naming the options at fault */
export function toComfyuiImageOptions(
  options: Readonly<Record<string, unknown>>,
): ComfyuiImageOptions {
  return readProviderOptions('comfyui', CHECKS, options);
}
