import type { Readable } from 'node:stream';
import type { JsonValue } from '../../common/json-value.js';
import type {
  GarmentCategory,
  ImageBackground,
  ImageFormat,
  ImageOperation,
} from './image-model.js';

/** One credential at one vendor. It arrives with each call; a provider keeps none. */
export interface ProviderCredential {
  /** Without a slash at the end; null = the vendor's own address. */
  baseUrl: string | null;
  /** Null = the server asks for none. */
  apiKey: string | null;
  /** The header that carries the key. `api-key` is Azure's; default `authorization` (Bearer). */
  keyHeader?: 'authorization' | 'api-key';
  /** Billing organisation and project at the vendor, where it knows them. */
  organization?: string | null;
  project?: string | null;
  /** Added to every request's query, as Azure's `api-version`. */
  query?: Readonly<Record<string, string>>;
  /** Whether operators set it up: such a one alone leads to the private hosts of OUTBOUND_ALLOW_HOUSE. */
  isHouse?: boolean;
}

/** A picture the caller gave. Already checked by content: `mediaType` is true. */
export interface InputImage {
  /** Tells person from garment in a try-on; `image` elsewhere. The first one is the picture that is edited. */
  role: 'image' | 'person' | 'garment';
  /** Where a garment is worn; null or absent = not told. */
  category?: GarmentCategory | null;
  /** A safe file name with the right ending, for vendors who take forms. */
  name: string;
  mediaType: string;
  sizeBytes: number;
  /** A new stream of the whole picture; may be called again. What it throws ends the call unchanged. */
  open(): Readable;
}

/** What one call to a vendor needs, and nothing about who is asking. */
export interface ImageCall {
  /** Id of the attempt, for the vendor's idempotency where it has one. */
  attemptId: string;
  /** Name in the catalogue; a name it does not list is sent in the provider's most common form. */
  model: string;
  /** What the vendor calls it where that differs (an Azure deployment, a mapped name); null = `model`. */
  vendorModel: string | null;
  operation: ImageOperation;
  prompt: string;
  /** Pictures asked for, 1 or more; the model's own bound was checked before. */
  n: number;
  /** Both or neither; null = left to the vendor. */
  widthPx: number | null;
  heightPx: number | null;
  /** Null or absent in all of these = not asked for. Unsupported ones come back as warnings. */
  quality?: string | null;
  style?: string | null;
  /** 0 to 2^32 − 1. */
  seed?: number | null;
  negativePrompt?: string | null;
  guidance?: number | null;
  steps?: number | null;
  outputFormat?: ImageFormat | null;
  background?: ImageBackground | null;
  /** 0 (smallest) to 100 (best), for jpeg and webp. */
  compression?: number | null;
  inputImages: readonly InputImage[];
  /** Of the same size as the first input image; where it is fully transparent the picture may change. */
  mask?: InputImage | null;
  /** The vendor's own options as the caller wrote them; checked strictly by `assertOptions`. */
  providerOptions: Readonly<Record<string, unknown>>;
  /**
   * What a caller of the OpenAI address wrote beside the common words, by OpenAI's names and checked there. A provider
   * of that form passes on what its model takes; every other leaves it.
   */
  openaiOptions?: Readonly<Record<string, unknown>>;
  /** Drafts of the picture wanted on the way, 0 to 3. A provider without such, or asked for several pictures, gives none. */
  partialImages?: number;
  credential: ProviderCredential;
  /** Ends the call. A reason named `TimeoutError` means the deadline passed; any other, that it was canceled. */
  signal: AbortSignal;
  /**
   * Takes one picture as soon as its first bytes are here; called one at a time, at most `n` times, each index once.
   * Nothing more is read from the vendor before it resolves: a slow store slows the vendor.
   * Bytes it leaves unread are dropped. What it throws ends the call and comes out of `submit` unchanged; but bytes that
   * end with an error are no picture and are to be dropped (a draft of the vendor's): another may come for the index.
   */
  deliver(image: DeliveredImage): Promise<void>;
  /**
   * Stores what is ordered so far, in the form of an accepted reference: called after each accepted job, before the next
   * is ordered, with all jobs up to then. After a crash `status` is asked with the last one kept. Absent = nothing is kept
   * before `submit` answers. May be repeated. What it throws ends the call and comes out of `submit` unchanged.
   */
  keep?(reference: JsonValue): Promise<void>;
  /** Takes a draft as soon as it is here whole. Absent = nobody looks, and none is asked for. Must not throw. */
  onPartial?(partial: PartialImage): void;
  /** Is told how far the work is, as often as the vendor says so. Absent = nobody wants to know. Must not throw. */
  onProgress?(progress: ImageProgress): void;
  /** Whether anybody looks now: a preview that costs something is made only then. Absent = nobody. */
  isWatched?(): boolean;
}

/** A draft of a picture that is still being made: shown, never stored. Unchecked vendor content, at most 16 MiB. */
export interface PartialImage {
  /** 0 and up, as they come. */
  index: number;
  bytes: readonly Uint8Array[];
  /** In the vendor's words; null = not told. */
  size: string | null;
  quality: string | null;
  background: string | null;
  outputFormat: string | null;
}

/** Bytes are unchecked vendor content: bound, sniff and measure them. A URL is hostile until the outbound guard took it. */
export type DeliveredImage =
  | { index: number; kind: 'bytes'; bytes: AsyncIterable<Uint8Array> }
  /** Absolute, or relative to the credential's base URL. The provider never fetches it. */
  | { index: number; kind: 'url'; url: string };

/** Asks after a call that was accepted: the same words, with the vendor's reference instead of the request. */
export interface ImageStatusCall {
  attemptId: string;
  model: string;
  /** As `submit` gave it, from the database. */
  reference: JsonValue;
  n: number;
  credential: ProviderCredential;
  signal: AbortSignal;
  deliver(image: DeliveredImage): Promise<void>;
  /** Is told how far the work is, as often as the vendor says so while it is asked. Must not throw. */
  onProgress?(progress: ImageProgress): void;
}

export interface ImageProgress {
  /** What is being done: `waiting` at the vendor, or `rendering` (the default). */
  step?: 'waiting' | 'rendering';
  /** 0 to 1, of the step that runs; null = not told. */
  fraction: number | null;
  /** What the picture looks like so far: unchecked vendor content, at most 1 MiB. */
  preview?: { mediaType: string; bytes: Uint8Array };
}
