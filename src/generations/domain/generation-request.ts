import { DomainError } from '../../common/domain-error.js';
import { TEXT_FORM } from '../../common/text-form.js';
import type { Operation } from './generation.js';

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
}

/** What a caller asks for, in our own words, whatever surface it came through. */
export interface GenerationRequest {
  /** The id it is to have, where pictures were stored under it before; absent = a new one. */
  id?: string;
  searchSpaceId: string;
  /** A collection of the space; undefined or null: in none. */
  collectionId?: string | null;
  prompt: string;
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
  providerOptions: Record<string, unknown>;
  /** What vendors of OpenAI's form are told besides, by OpenAI's names; decides neither route nor price. */
  openaiOptions?: Record<string, unknown>;
  /** Drafts to be shown on the way, 0 to 3; absent = none. */
  partialImages?: number;
  metadata: Record<string, unknown> | null;
}

/**
 * Rules that hold between fields, whatever the model.
 * @throws DomainError `request.invalid` naming the field.
 */
export function assertRequest(request: GenerationRequest): void {
  if (request.prompt.trim() === '') throw DomainError.invalid('prompt', 'must not be blank');
  assertJson('metadata', request.metadata, METADATA_BYTES_MAX);
  assertJson('provider_options', request.providerOptions, PROVIDER_OPTIONS_BYTES_MAX);
  request.referenceImages.forEach((image, index) =>
    assertReference(image, `reference_images[${index}]`),
  );
  if (request.mask) assertReference(request.mask, 'mask');
  if (request.operation === 'generate') return;
  if (request.referenceImages.length === 0) {
    throw DomainError.invalid(
      'reference_images',
      `must hold at least one picture for the operation ${request.operation}`,
    );
  }
}

/**
 * Who sees nothing of what the space has may not draw on it either: pictures come with the request.
 * @throws DomainError `request.invalid` naming the field.
 */
export function assertOwnInputs({ referenceImages, mask }: GenerationRequest): void {
  const named = referenceImages.findIndex(({ mediaId }) => mediaId !== undefined);
  const isMaskNamed = mask?.mediaId !== undefined;
  if (named === -1 && !isMaskNamed) return;
  const field = named === -1 ? 'mask' : `reference_images[${named}]`;
  throw DomainError.invalid(
    `${field}.media_id`,
    'is not open to delegated accounts: send the picture as url or data',
  );
}

function assertReference(image: ReferenceImage, field: string): void {
  const { mediaId, url, data, staged } = image;
  const given = [mediaId, url, data, staged].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw DomainError.invalid(field, 'must have exactly one of media_id, url and data');
  }
}

/** What is stored as JSON must fit, and hold no text that the database cannot keep. */
function assertJson(field: string, value: object | null, bytesMax: number): void {
  if (value === null) return;
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > bytesMax) {
    throw DomainError.invalid(field, `must be at most ${bytesMax} bytes of JSON`);
  }
  if (!isStorable(value)) {
    throw DomainError.invalid(field, 'must not hold NUL characters or broken surrogate pairs');
  }
}

/** Names of members included. */
function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return TEXT_FORM.test(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, member]) => isStorable(name) && isStorable(member));
}
