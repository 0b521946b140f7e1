/**
 * What each of Leonardo's models takes. Models of the first API are asked for by their ids, those of the second by
 * their names; each takes fields of its own and refuses all others. Source: docs.leonardo.ai, its SDK, read 2026-11.
 */

export interface LeonardoModel {
  api: 'generations' | 'generations_v2' | 'universal_upscaler';
  /** Sent with a generation. */
  id: string;
  fields: readonly string[];
  seedMax: number;
  /** Pictures that go in. */
  inputsMax: number;
  /** Pictures that one generation makes at most, and with a side of more than 768. */
  outputsMax: number;
  largeOutputsMax: number;
}

const SEED_MAX = 4_294_967_295;
/** Of Flux and Lucid. */
const SHORT_SEED_MAX = 2_147_483_637;
const OUTPUTS_MAX = 8;
const LARGE_OUTPUTS_MAX = 4;
const REFERENCES_MAX = 6;

const SHARED = ['prompt', 'width', 'height', 'num_images', 'seed'];
const ENHANCE = ['enhancePrompt', 'enhancePromptInstruction'];
const PICTURE = ['init_image_id', 'init_strength'];
const XL = [
  ...SHARED,
  ...ENHANCE,
  ...PICTURE,
  'negative_prompt',
  'num_inference_steps',
  'guidance_scale',
  'scheduler',
  'presetStyle',
  'alchemy',
  'contrastRatio',
  'tiling',
  'transparency',
];
const PHOTO_REAL = [...XL, 'photoReal', 'photoRealVersion', 'photoRealStrength'];
const PHOENIX = [
  ...SHARED,
  ...ENHANCE,
  ...PICTURE,
  'negative_prompt',
  'styleUUID',
  'alchemy',
  'ultra',
  'contrast',
];
const LUCID = [...SHARED, ...ENHANCE, 'styleUUID', 'ultra', 'contrast'];
const FLUX = [...SHARED, ...ENHANCE, 'styleUUID', 'contrast'];
const PARTNER = ['prompt', 'width', 'height', 'quantity', 'seed', 'style_ids', 'prompt_enhance'];
const UPSCALER = [
  'prompt',
  'upscalerStyle',
  'creativityStrength',
  'upscaleMultiplier',
  'ultraUpscaleStyle',
  'detailContrast',
  'similarity',
];

function model(id: string, fields: readonly string[], seedMax = SEED_MAX): LeonardoModel {
  const inputsMax = fields.includes('init_image_id') ? 1 : 0;
  const outputs = { outputsMax: OUTPUTS_MAX, largeOutputsMax: LARGE_OUTPUTS_MAX };
  return { api: 'generations', id, fields, seedMax, inputsMax, ...outputs };
}

function partner(id: string): LeonardoModel {
  const outputs = { outputsMax: OUTPUTS_MAX, largeOutputsMax: OUTPUTS_MAX };
  const bounds = { seedMax: SHORT_SEED_MAX, inputsMax: REFERENCES_MAX };
  return { api: 'generations_v2', id, fields: PARTNER, ...bounds, ...outputs };
}

/** By name in the catalogue. */
const MODELS: Readonly<Record<string, LeonardoModel>> = {
  'leonardo-phoenix-1.0': model('de7d3faf-762f-48e0-b3b7-9d0ac3a3fcf3', PHOENIX),
  'leonardo-phoenix-0.9': model('6b645e3a-d64f-4341-a6d8-7a3690fbf042', PHOENIX),
  'leonardo-lucid-origin': model('7b592283-e8a7-4c5a-9ba6-d18c31f258b9', LUCID, SHORT_SEED_MAX),
  'leonardo-lucid-realism': model('05ce0082-2d80-4a2d-8653-4d1c85e2418e', LUCID, SHORT_SEED_MAX),
  'leonardo-flux-dev': model('b2614463-296c-462a-9586-aafdb8f00e36', FLUX, SHORT_SEED_MAX),
  'leonardo-flux-schnell': model('1dd50843-d653-4516-a8e3-f0238ee453ff', FLUX, SHORT_SEED_MAX),
  'leonardo-kino-xl': model('aa77f04e-3eec-4034-9c07-d0f619684628', PHOTO_REAL),
  'leonardo-vision-xl': model('5c232a9e-9061-4777-980a-ddc8e65647c6', PHOTO_REAL),
  'leonardo-diffusion-xl': model('1e60896f-3c26-4296-8ecc-53e2afecc132', PHOTO_REAL),
  'leonardo-lightning-xl': model('b24e16ff-06e3-43eb-8d33-4416c2d75876', XL),
  'leonardo-anime-xl': model('e71a1c2f-4f80-4800-934f-2c68979d8cc8', XL),
  'leonardo-nano-banana-pro': partner('gemini-image-2'),
  'leonardo-nano-banana-2.1': partner('google/nano-banana-2.1'),
  'leonardo-universal-upscaler': {
    api: 'universal_upscaler',
    id: '',
    fields: UPSCALER,
    seedMax: 0,
    inputsMax: 1,
    outputsMax: 1,
    largeOutputsMax: 1,
  },
};

export function findModel(name: string): LeonardoModel | null {
  return Object.hasOwn(MODELS, name) ? (MODELS[name] ?? null) : null;
}

/** Styles of the older models; ours are the same words in small letters. */
export const PRESET_STYLES =
  'ANIME BOKEH CINEMATIC CINEMATIC_CLOSEUP CREATIVE DYNAMIC ENVIRONMENT FASHION FILM FOOD GENERAL HDR ILLUSTRATION LEONARDO LONG_EXPOSURE MACRO MINIMALISTIC MONOCHROME MOODY NONE NEUTRAL PHOTOGRAPHY PORTRAIT RAYTRACED RENDER_3D RETRO SKETCH_BW SKETCH_COLOR STOCK_PHOTO VIBRANT UNPROCESSED'.split(
    ' ',
  );

/** Styles of the newer ones, by our names. */
export const STYLE_IDS: Readonly<Record<string, string>> = {
  none: '556c1ee5-ec38-42e8-955a-1e82dad0ffa1',
  dynamic: '111dc692-d470-4eec-b791-3475abac4c46',
  cinematic: 'a5632c7c-ddbb-4e2f-ba34-8456ab3ac436',
  creative: '6fedbf1f-4a17-45ec-84fb-92fe524a29ef',
  render_3d: 'debdf72a-91a4-467b-bf61-cc02bdeb69c6',
  bokeh: '9fdc5e8c-4d13-49b4-9ce6-5a74cbb19177',
  fashion: '594c4a08-a522-4e0e-b7ff-e4dac4b6b622',
  hdr: '97c20e5c-1af6-4d42-b227-54d03d8f0727',
  illustration: '645e4195-f63d-4715-a3f2-3fb1e6eb8c70',
  portrait: '8e2bc543-6ee2-45f9-bcd9-594b6ce84dcd',
  raytraced: 'b504f83c-3326-4947-82e1-7fe9e839ec0f',
  stock_photo: '5bdc3f2a-1be6-4d1c-8e77-992a30824a2c',
  minimalistic: 'cadc8cd6-7838-4c99-b645-df76be8ba8d8',
  moody: '621e1c9a-6319-4bee-a12d-ae40659162fa',
};
