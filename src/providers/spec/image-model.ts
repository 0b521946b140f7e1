/** What can be asked of an image model. The native API uses the same words. */
export const IMAGE_OPERATIONS = [
  'generate',
  'edit',
  'inpaint',
  'variation',
  'try_on',
  'outpaint',
  'upscale',
  'remove_background',
] as const;
export type ImageOperation = (typeof IMAGE_OPERATIONS)[number];

export const IMAGE_FORMATS = ['png', 'jpeg', 'webp'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

export const IMAGE_BACKGROUNDS = ['auto', 'opaque', 'transparent'] as const;
export type ImageBackground = (typeof IMAGE_BACKGROUNDS)[number];

export const MODEL_STATUSES = ['active', 'deprecated', 'retired'] as const;
/** deprecated: works until its shutdown date; retired: the vendor no longer answers. */
export type ModelStatus = (typeof MODEL_STATUSES)[number];

/** Where a garment of a try-on is worn; `auto` = the model finds out. */
export const GARMENT_CATEGORIES = [
  'upper_body',
  'lower_body',
  'dress',
  'full_body',
  'accessory',
  'auto',
] as const;
export type GarmentCategory = (typeof GARMENT_CATEGORIES)[number];

/** Only the sizes of the list, as `1024x1536`: width, then height, in pixels. */
export interface SizeList {
  kind: 'list';
  sizes: readonly string[];
}

/** Every size on a grid; all bounds inclusive. */
export interface SizeGrid {
  kind: 'grid';
  sideMinPx: number;
  sideMaxPx: number;
  /** Width and height are multiples of it. */
  stepPx: number;
  /** Longer side divided by shorter side; null = no bound. */
  aspectMax: number | null;
  /** Width × height. */
  pixelsMin: number;
  pixelsMax: number;
}

export type SizeRule = SizeList | SizeGrid;

/** What a model takes. Options it lacks are a 400 when they change what is made, else a warning. */
export interface ImageCapabilities {
  operations: readonly ImageOperation[];
  sizes: SizeRule;
  /** Whether the size may be left to the vendor. */
  sizeAuto: boolean;
  /** Empty = the model knows no quality. */
  qualities: readonly string[];
  /** Empty = the model knows no style. */
  styles: readonly string[];
  formats: readonly ImageFormat[];
  backgrounds: readonly ImageBackground[];
  nMax: number;
  /** Unicode characters. */
  promptCharsMax: number;
  inputImagesMax: number;
  /** What a model for try-ons dresses people in, besides `auto`; absent = whatever it is shown. */
  garmentCategories?: readonly GarmentCategory[];
  mask: boolean;
  seed: boolean;
  negativePrompt: boolean;
  guidance: boolean;
  steps: boolean;
  /** Whether a compression of 0–100 may be set for jpeg and webp. */
  compression: boolean;
  /** Whether the vendor bills a job that was canceled while it ran; absent = it does not. */
  chargesCanceled?: boolean;
}

/**
 * How many output image tokens one picture takes, by quality; null where the vendor does not charge by token.
 * `grid` is the published formula over the longer side's cells, `table` the published figures by size.
 */
export type OutputTokenRule =
  | { kind: 'grid'; cells: Readonly<Record<string, number>> }
  | { kind: 'table'; tokens: Readonly<Record<string, Readonly<Record<string, number>>>> };

/** One image model of the catalogue: data, never code. */
export interface ImageModel {
  kind: 'image';
  /** Name by which callers ask for it and under which it is priced. */
  id: string;
  /** Id of the provider that speaks to it. */
  provider: string;
  title: string;
  /** Which wire form of its provider it takes; null = the provider's only one. */
  dialect: string | null;
  status: ModelStatus;
  /** First day (UTC, YYYY-MM-DD) on which the vendor no longer answers; null = none announced. */
  shutdownDate: string | null;
  /** The model to ask for instead; null = none. */
  successor: string | null;
  capabilities: ImageCapabilities;
  outputTokens: OutputTokenRule | null;
  /** What a hold assumes where size or quality is left to the vendor: the dearest it may choose. */
  assumed: { size: string; quality: string | null };
}
