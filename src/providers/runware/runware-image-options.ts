import {
  numberBetween,
  oneOf,
  type OptionCheck,
  readProviderOptions,
  text,
  wholeNumber,
  yesOrNo,
} from '../shared/read-provider-options.js';

const SCHEDULER_CHARS_MAX = 60;
const AIR_CHARS_MAX = 150;
const LORA_WEIGHT_MAX = 4;
const MASK_MARGIN_PX = { min: 32, max: 128 };
const SIDE_PX_MAX = 2_048;
const SIDE_STEP_PX = 64;
const SAFETY_TOLERANCE_MAX = 6;

function side(): OptionCheck {
  return (value) =>
    Number.isInteger(value) &&
    (value as number) >= 0 &&
    (value as number) <= SIDE_PX_MAX &&
    (value as number) % SIDE_STEP_PX === 0
      ? null
      : `must be a multiple of ${SIDE_STEP_PX} from 0 to ${SIDE_PX_MAX}`;
}

/** What callers may set beyond the common words, mostly under the vendor's own names. Other names are refused. */
const CHECKS = {
  /** As `FlowMatchEulerDiscreteScheduler`; the vendor knows which fit a model. */
  scheduler: text(SCHEDULER_CHARS_MAX),
  /** With an input picture: 0 keeps it as it is, 1 pays no heed to it. */
  strength: numberBetween(0, 1),
  /** Inpaint: draws only what is around the mask, in more detail; pixels. */
  maskMargin: wholeNumber(MASK_MARGIN_PX.min, MASK_MARGIN_PX.max),
  clipSkip: wholeNumber(0, 2),
  /** A LoRA by its AIR, as `civitai:120096@135931`. */
  lora: text(AIR_CHARS_MAX),
  loraWeight: numberBetween(-LORA_WEIGHT_MAX, LORA_WEIGHT_MAX),
  /** Has the vendor look at what it made; what it finds unfit is left out. */
  safety: oneOf('none', 'fast', 'full'),
  /** Models of Black Forest Labs. */
  promptUpsampling: yesOrNo(),
  safetyTolerance: wholeNumber(0, SAFETY_TOLERANCE_MAX),
  upscaleFactor: (value: unknown) => (value === 2 || value === 4 ? null : 'must be 2 or 4'),
  /** Outpaint: pixels to add at each side. */
  top: side(),
  right: side(),
  bottom: side(),
  left: side(),
};

export type RunwareImageOptions = Partial<Record<keyof typeof CHECKS, unknown>>;

/** @throws DomainError `request.invalid` naming the options at fault */
export function toRunwareImageOptions(
  options: Readonly<Record<string, unknown>>,
): RunwareImageOptions {
  return readProviderOptions('runware', CHECKS, options);
}
