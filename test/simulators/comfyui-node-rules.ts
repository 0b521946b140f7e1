import { toText } from './openai-image-rules.js';

/** The nodes that the simulated server has, as its `/object_info` tells them; graphs are checked as it checks them. */

type InputRule =
  | { link: string }
  | { list: readonly string[] }
  | { min: number; max: number }
  | 'STRING'
  | 'FILE'
  | 'BOOLEAN';

interface NodeRule {
  inputs: Readonly<Record<string, InputRule>>;
  outputs: readonly string[];
  isOutput?: true;
}

export interface GraphNode {
  class_type: string;
  inputs: Record<string, unknown>;
}
export type Graph = Record<string, GraphNode>;

export interface GraphFault {
  error: { type: string; message: string; details: string; extra_info: object };
  node_errors: Record<string, object>;
}

const FLUX_FILES = [
  'flux1-dev.safetensors',
  'flux1-schnell.safetensors',
  'flux1-fill-dev.safetensors',
];
const CHECKPOINTS = ['sd_xl_base_1.0.safetensors', 'juggernaut/xl.safetensors'];
const CLIPS = ['clip_l.safetensors', 't5xxl_fp16.safetensors', 't5xxl_fp8_e4m3fn.safetensors'];
const SAMPLERS = ['euler', 'euler_ancestral', 'heun', 'dpmpp_2m', 'dpmpp_2m_sde', 'ddim', 'uni_pc'];
const SCHEDULERS = ['simple', 'sgm_uniform', 'karras', 'exponential', 'beta', 'normal'];
const SEED_MAX = 2 ** 64;

const link = (type: string): InputRule => ({ link: type });
const between = (min: number, max: number): InputRule => ({ min, max });
const oneOf = (...list: readonly string[]): InputRule => ({ list });
const LATENT_SIZE = {
  width: between(16, 16_384),
  height: between(16, 16_384),
  batch_size: between(1, 4_096),
};

const NODES: Readonly<Record<string, NodeRule>> = {
  UNETLoader: {
    inputs: {
      unet_name: oneOf(...FLUX_FILES),
      weight_dtype: oneOf('default', 'fp8_e4m3fn', 'fp8_e4m3fn_fast', 'fp8_e5m2'),
    },
    outputs: ['MODEL'],
  },
  DualCLIPLoader: {
    inputs: {
      clip_name1: oneOf(...CLIPS),
      clip_name2: oneOf(...CLIPS),
      type: oneOf('sdxl', 'sd3', 'flux'),
      device: oneOf('default', 'cpu'),
    },
    outputs: ['CLIP'],
  },
  VAELoader: { inputs: { vae_name: oneOf('ae.safetensors') }, outputs: ['VAE'] },
  CheckpointLoaderSimple: {
    inputs: { ckpt_name: oneOf(...CHECKPOINTS) },
    outputs: ['MODEL', 'CLIP', 'VAE'],
  },
  LoraLoaderModelOnly: {
    inputs: {
      model: link('MODEL'),
      lora_name: oneOf('style.safetensors'),
      strength_model: between(-100, 100),
    },
    outputs: ['MODEL'],
  },
  CLIPTextEncode: { inputs: { text: 'STRING', clip: link('CLIP') }, outputs: ['CONDITIONING'] },
  FluxGuidance: {
    inputs: { conditioning: link('CONDITIONING'), guidance: between(0, 100) },
    outputs: ['CONDITIONING'],
  },
  ConditioningZeroOut: {
    inputs: { conditioning: link('CONDITIONING') },
    outputs: ['CONDITIONING'],
  },
  EmptySD3LatentImage: { inputs: LATENT_SIZE, outputs: ['LATENT'] },
  EmptyLatentImage: { inputs: LATENT_SIZE, outputs: ['LATENT'] },
  RepeatLatentBatch: {
    inputs: { samples: link('LATENT'), amount: between(1, 64) },
    outputs: ['LATENT'],
  },
  LoadImage: { inputs: { image: 'FILE' }, outputs: ['IMAGE', 'MASK'] },
  LoadImageMask: {
    inputs: { image: 'FILE', channel: oneOf('alpha', 'red', 'green', 'blue') },
    outputs: ['MASK'],
  },
  ImageScale: {
    inputs: {
      image: link('IMAGE'),
      upscale_method: oneOf('nearest-exact', 'bilinear', 'area', 'bicubic', 'lanczos'),
      width: between(0, 16_384),
      height: between(0, 16_384),
      crop: oneOf('disabled', 'center'),
    },
    outputs: ['IMAGE'],
  },
  VAEEncode: { inputs: { pixels: link('IMAGE'), vae: link('VAE') }, outputs: ['LATENT'] },
  VAEEncodeForInpaint: {
    inputs: {
      pixels: link('IMAGE'),
      vae: link('VAE'),
      mask: link('MASK'),
      grow_mask_by: between(0, 64),
    },
    outputs: ['LATENT'],
  },
  InpaintModelConditioning: {
    inputs: {
      positive: link('CONDITIONING'),
      negative: link('CONDITIONING'),
      vae: link('VAE'),
      pixels: link('IMAGE'),
      mask: link('MASK'),
      noise_mask: 'BOOLEAN',
    },
    outputs: ['CONDITIONING', 'CONDITIONING', 'LATENT'],
  },
  DifferentialDiffusion: {
    inputs: { model: link('MODEL'), strength: between(0, 1) },
    outputs: ['MODEL'],
  },
  KSampler: {
    inputs: {
      model: link('MODEL'),
      seed: between(0, SEED_MAX),
      steps: between(1, 10_000),
      cfg: between(0, 100),
      sampler_name: oneOf(...SAMPLERS),
      scheduler: oneOf(...SCHEDULERS),
      positive: link('CONDITIONING'),
      negative: link('CONDITIONING'),
      latent_image: link('LATENT'),
      denoise: between(0, 1),
    },
    outputs: ['LATENT'],
  },
  VAEDecode: { inputs: { samples: link('LATENT'), vae: link('VAE') }, outputs: ['IMAGE'] },
  UpscaleModelLoader: {
    inputs: { model_name: oneOf('RealESRGAN_x4plus.safetensors') },
    outputs: ['UPSCALE_MODEL'],
  },
  ImageUpscaleWithModel: {
    inputs: { upscale_model: link('UPSCALE_MODEL'), image: link('IMAGE') },
    outputs: ['IMAGE'],
  },
  SaveImage: {
    inputs: { images: link('IMAGE'), filename_prefix: 'STRING' },
    outputs: [],
    isOutput: true,
  },
};

export function describeNodes(): object {
  return Object.fromEntries(
    Object.entries(NODES).map(([name, { inputs, outputs, isOutput }]) => [
      name,
      { input: { required: inputs }, output: outputs, name, output_node: isOutput === true },
    ]),
  );
}

/** Null = it can run. @param hasFile whether a picture of this name was uploaded */
export function findGraphFault(
  graph: Graph,
  hasFile: (name: string) => boolean,
): GraphFault | null {
  for (const [id, node] of Object.entries(graph)) {
    if (Object.hasOwn(NODES, node.class_type)) continue;
    const message = `Node '${node.class_type}' not found. The custom node may not be installed.`;
    const extra = { node_id: id, class_type: node.class_type, node_title: node.class_type };
    return toFault('missing_node_type', message, `Node ID '#${id}'`, {}, extra);
  }
  const outputs = Object.keys(graph).filter((id) => ruleOf(graph[id])?.isOutput);
  if (outputs.length === 0) return toFault('prompt_no_outputs', 'Prompt has no outputs', '', {});
  const faults = Object.entries(graph).flatMap(([id, node]) => {
    const errors = Object.entries(ruleOf(node)?.inputs ?? {}).flatMap(([name, rule]) =>
      checkInput(graph, { name, rule, value: node.inputs[name] }, hasFile),
    );
    if (errors.length === 0) return [];
    return [[id, { errors, dependent_outputs: outputs, class_type: node.class_type }] as const];
  });
  if (faults.length === 0) return null;
  const message = 'Prompt outputs failed validation';
  return toFault('prompt_outputs_failed_validation', message, '', Object.fromEntries(faults));
}

function ruleOf(node: GraphNode | undefined): NodeRule | undefined {
  return node && NODES[node.class_type];
}

interface Checked {
  name: string;
  rule: InputRule;
  value: unknown;
}

function checkInput(
  graph: Graph,
  { name, rule, value }: Checked,
  hasFile: (name: string) => boolean,
): object[] {
  const fault = (type: string, message: string, details: string): object[] => [
    { type, message, details, extra_info: { input_name: name, received_value: value } },
  ];
  if (value === undefined)
    return fault('required_input_missing', 'Required input is missing', name);
  if (typeof rule === 'object' && 'link' in rule) {
    if (!Array.isArray(value)) return fault('bad_linked_input', 'Bad linked input', name);
    const [from, output] = value as [string, number];
    const type = ruleOf(graph[from])?.outputs[output];
    if (type === rule.link) return [];
    const details = `${name}, received_type(${type}) mismatch input_type(${rule.link})`;
    return fault('return_type_mismatch', 'Return type mismatch between linked nodes', details);
  }
  if (typeof rule === 'object' && 'list' in rule) {
    if (rule.list.includes(toText(value, ''))) return [];
    const details = `${name}: '${toText(value, '')}' not in ${JSON.stringify(rule.list)}`;
    return fault('value_not_in_list', 'Value not in list', details);
  }
  if (typeof rule === 'object') {
    if (typeof value !== 'number') return fault('invalid_input_type', 'Failed to convert', name);
    if (value < rule.min) return fault('value_smaller_than_min', 'Value is too small', name);
    return value > rule.max ? fault('value_bigger_than_max', 'Value is too big', name) : [];
  }
  if (rule === 'BOOLEAN') {
    return typeof value === 'boolean' ? [] : fault('invalid_input_type', 'Failed to convert', name);
  }
  if (rule === 'FILE' && !hasFile(toText(value, ''))) {
    const details = `${name} - Invalid image file: ${toText(value, '')}`;
    return fault('custom_validation_failed', 'Custom validation failed for node', details);
  }
  return typeof value === 'string' ? [] : fault('invalid_input_type', 'Failed to convert', name);
}

function toFault(
  type: string,
  message: string,
  details: string,
  nodes: Record<string, object>,
  extra: object = {},
): GraphFault {
  return { error: { type, message, details, extra_info: extra }, node_errors: nodes };
}
