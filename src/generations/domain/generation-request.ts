import { DomainError } from '../../common/domain-error.js';
import { TEXT_FORM } from '../../common/text-form.js';
import type { Operation } from './generation.js';
import type { Priority } from './priority.js';
import { assertPrompt, type PromptValidation } from './prompt-rules.js';
import {
  assertTryOn,
  type ConsentStatement,
  type GarmentCategory,
  type PictureRole,
} from './try-on.js';

const METADATA_BYTES_MAX = 4_096;
const PROVIDER_OPTIONS_BYTES_MAX = 16_384;

/** A picture that is in the store already, under the id of the generation to be, and has no row yet. */
export interface StagedImage {
  target: {
    generationId: string;
    attemptId: null;
    role: 'input' | 'mask';
    /** Its place among the pictures that go in. */
    index: number;
  };
  sha256: string;
  format: 'png' | 'jpeg' | 'webp';
  mediaType: string;
  widthPx: number;
  heightPx: number;
  sizeBytes: number;
}

/** One picture to work from; exactly one member is set. */
export interface ReferenceImage {
  /** From a form: it was stored while it came. */
  staged?: StagedImage;
  mediaId?: string;
  url?: string;
  /** Base64, or a data: URL. */
  data?: string;
  /** In a try-on; absent = by its place. */
  role?: PictureRole;
  /** Of a garment; absent = not told. */
  garmentCategory?: GarmentCategory;
}

/** A template of the space in place of a prompt. */
export interface TemplateWish {
  id: string;
  /** Undefined = its newest. */
  version?: number;
  /** By name of the variable. */
  variables: Readonly<Record<string, unknown>>;
}

/** What a caller asks for, in our own words, whatever surface it came through. */
export interface GenerationRequest {
  /** The id it is to have, where pictures were stored under it before; absent = a new one. */
  id?: string;
  searchSpaceId: string;
  /** A collection of the space; undefined or null: in none. */
  collectionId?: string | null;
  /** As the caller wrote it; '' until the template is filled. */
  prompt: string;
  /** What the prompt is to be made of; undefined = the caller wrote it. */
  templateWish?: TemplateWish;
  /** What the prompt was made of. */
  promptTemplate?: { id: string; version: number };
  /** Whether it may be rewritten: true = always, false = never, undefined = when it is long. */
  optimizePrompt?: boolean;
  /** What is sent in its place; undefined = the prompt itself. */
  sentPrompt?: string;
  promptValidation?: PromptValidation;
  /** Why it was not shortened where it should have been; undefined or null = nothing failed. */
  promptFailure?: string | null;
  /** Public name, or `auto`; null = what the space or the house prefers. */
  model: string | null;
  /** Whether a failure may be made good elsewhere: false = not at all, true = also by other models. */
  enableFallback?: boolean;
  /** Most candidates after the first. */
  maxRetries?: number;
  /** What holds a conversation to one connection; null = nothing. */
  session?: string | null;
  operation: Operation;
  n: number;
  /** As the caller wrote it, for the record; null = left to the vendor. */
  size: string | null;
  widthPx: number | null;
  heightPx: number | null;
  /** Whether width and height only say a shape: the model has its own sizes. */
  isShape?: boolean;
  quality: string | null;
  style?: string;
  seed?: number;
  negativePrompt?: string;
  guidance?: number;
  steps?: number;
  outputFormat?: 'png' | 'jpeg' | 'webp';
  background?: 'auto' | 'opaque' | 'transparent';
  compression?: number;
  referenceImages: readonly ReferenceImage[];
  mask: ReferenceImage | null;
  /** By what right the person of a try-on is shown; absent = not told. */
  consent?: ConsentStatement;
  providerOptions: Record<string, unknown>;
  /** What vendors of OpenAI's form are told besides, by OpenAI's names; decides neither route nor price. */
  openaiOptions?: Record<string, unknown>;
  /** Drafts to be shown on the way, 0 to 3; absent = none. */
  partialImages?: number;
  metadata: Record<string, unknown> | null;
  /** As `toTags` writes them; absent = none. */
  tags?: readonly string[];
  /** Among the generations of its space; absent = normal. */
  priority?: Priority;
  /** Seconds from now after which it has failed, the wait in the queue included; absent = the house's bound on calls alone. */
  deadlineS?: number;
  /** What it repeats. */
  retriedFrom?: string;
}

/**
 * Rules that hold between fields, whatever the model.
 * @throws DomainError `request.invalid` naming the field.
 */
export function assertRequest(request: GenerationRequest): void {
  if (!request.templateWish) assertPrompt(request.prompt);
  else if (request.prompt !== '') {
    throw DomainError.invalid('prompt_template', 'must not be given together with prompt');
  }
  assertTexts(request);
  assertJson('metadata', request.metadata, METADATA_BYTES_MAX);
  assertJson('provider_options', request.providerOptions, PROVIDER_OPTIONS_BYTES_MAX);
  request.referenceImages.forEach((image, index) =>
    assertReference(image, `reference_images[${index}]`),
  );
  if (request.mask) assertReference(request.mask, 'mask');
  assertTryOn(request);
  if (request.operation === 'generate') return;
  if (request.referenceImages.length === 0) {
    throw DomainError.invalid(
      'reference_images',
      `must hold at least one picture for the operation ${request.operation}`,
    );
  }
}

/**
 * Who sees nothing of what the space has may not draw on it either: pictures and prompt come with the request.
 * @throws DomainError `request.invalid` naming the field.
 */
export function assertOwnInputs({ referenceImages, mask, templateWish }: GenerationRequest): void {
  if (templateWish) {
    throw DomainError.invalid(
      'prompt_template',
      'is not open to delegated accounts: send a prompt',
    );
  }
  const named = referenceImages.findIndex(({ mediaId }) => mediaId !== undefined);
  const isMaskNamed = mask?.mediaId !== undefined;
  if (named === -1 && !isMaskNamed) return;
  const field = named === -1 ? 'mask' : `reference_images[${named}]`;
  throw DomainError.invalid(
    `${field}.media_id`,
    'is not open to delegated accounts: send the picture as url or data',
  );
}

/** Whether pictures are to be fetched or read for it; those of a form, and those of the store, are there. */
export function bringsPictures({ referenceImages, mask }: GenerationRequest): boolean {
  return [...referenceImages, mask].some(
    (image) => image?.url !== undefined || image?.data !== undefined,
  );
}

function assertReference(image: ReferenceImage, field: string): void {
  const { mediaId, url, data, staged } = image;
  const given = [mediaId, url, data, staged].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw DomainError.invalid(field, 'must have exactly one of media_id, url and data');
  }
}

/** Words that no list of ours bounds are stored as they come. */
function assertTexts({ model, quality, style, openaiOptions }: GenerationRequest): void {
  for (const [field, value] of Object.entries({ model, quality, style, ...openaiOptions })) {
    if (!isStorable(value)) throw unstorable(field);
  }
}

/** What is stored as JSON must fit, and hold no text that the database cannot keep. */
function assertJson(field: string, value: object | null, bytesMax: number): void {
  if (value === null) return;
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > bytesMax) {
    throw DomainError.invalid(field, `must be at most ${bytesMax} bytes of JSON`);
  }
  if (!isStorable(value)) throw unstorable(field);
}

function unstorable(field: string): DomainError {
  return DomainError.invalid(field, 'must not hold NUL characters or broken surrogate pairs');
}

/** Names of members included. */
function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return TEXT_FORM.test(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, member]) => isStorable(name) && isStorable(member));
}
