import type { BudgetWarningBody } from '../../common/budget-warning-body.js';
import type { Micros } from '../../common/micros.js';
import type { JsonValue } from '../../common/json-value.js';
import type { PriorityRank } from './priority.js';
import type { PromptValidation } from './prompt-rules.js';
import type { StoredTryOn } from './try-on.js';

export const STATUSES = [
  'queued',
  'running',
  'succeeded',
  'partially_succeeded',
  'failed',
  'canceled',
] as const;

export type GenerationStatus = (typeof STATUSES)[number];

export const OPERATIONS = [
  'generate',
  'edit',
  'inpaint',
  'variation',
  'try_on',
  'outpaint',
  'upscale',
  'remove_background',
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** One request's life as the database has it. */
export interface Generation {
  id: string;
  searchSpaceId: string;
  /** The project it belongs to, if any. */
  collectionId: string | null;
  status: GenerationStatus;
  operation: Operation;
  prompt: string;
  /** What the vendor was sent, when it differs from the prompt or once it was sent. */
  sentPrompt: string | null;
  model: string;
  provider: string;
  connection: string;
  size: string | null;
  quality: string | null;
  n: number;
  options: StoredOptions;
  quote: StoredQuote;
  metadata: Record<string, unknown> | null;
  error: GenerationError | null;
  costMicros: Micros;
  usage: Record<string, unknown> | null;
  warnings: GenerationWarning[];
  timingsMs: Record<string, number>;
  createdBy: string;
  apiKeyId: string | null;
  callerId: string;
  route: string;
  fingerprint: string;
  holdId: string;
  /** Raised to kill every link given out so far. */
  linksVersion: number;
  /** Its place in the order of its space. */
  priority: PriorityRank;
  /** When it has failed if it has not ended, the wait in the queue included; null = only the vendor's call is bounded. */
  deadlineAt: Date | null;
  /** The one that failed inside the service and that this one repeats. */
  retriedFrom: string | null;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface GenerationError {
  code: string;
  message: string;
  /** What the vendor asks to wait. Not stored: by the time a record is read it has passed. */
  retryAfterS?: number;
  /** HTTP status of the answer in place of the code's own. Not stored: who reads the record later gets the code's. */
  answerStatus?: number;
}

export interface GenerationWarning {
  code: string;
  message: string;
  /** Of a budget that runs low, where it was just admitted; rows have the message alone. */
  budget?: BudgetWarningBody;
}

/** What a run needs besides the columns; stored with the row, so that any process can run it. */
export interface StoredOptions {
  widthPx: number | null;
  heightPx: number | null;
  style?: string;
  seed?: number;
  negativePrompt?: string;
  guidance?: number;
  steps?: number;
  outputFormat?: 'png' | 'jpeg' | 'webp';
  background?: 'auto' | 'opaque' | 'transparent';
  compression?: number;
  providerOptions: Record<string, unknown>;
  /** For vendors of OpenAI's form alone. */
  openaiOptions?: Record<string, unknown>;
  /** Drafts wanted on the way; they are shown only while somebody looks. */
  partialImages?: number;
  /** What is sent in place of the prompt; absent = the prompt itself. */
  sentPrompt?: string;
  /** Absent in rows from before prompts were looked at. */
  promptValidation?: PromptValidation;
  /** What the prompt was made of; absent = the caller wrote it. */
  promptTemplate?: { id: string; version: number };
  /** Whether pictures go in; they are assets of the generation. */
  hasInputs: boolean;
  /** Who wears what; absent where nothing is tried on, and in rows from before it was told. */
  tryOn?: StoredTryOn;
  /** What the caller asked for by name; null or absent = nothing. */
  requestedModel?: string | null;
  /** What the vendor calls the model; null or absent = as we do. */
  vendorModel?: string | null;
  /** Whether a session holds it to its connection. */
  isSticky?: boolean;
  /** The conversation it belongs to, as the client named it. */
  session?: string | null;
  /** What is tried when this fails, in order, each at its own price. */
  fallbacks?: readonly StoredCandidate[];
  /** Whether what one vendor refuses to show may be asked of another. */
  failsOverRefusals?: boolean;
  /** Why it runs where it does, as routing decided. */
  decision?: object;
  /** What it was tagged with when it was made; a trigger keeps them where they may be changed. */
  tags?: readonly string[];
}

/** A model on a connection with its price, as chosen when the request came. */
export interface StoredCandidate {
  model: string;
  provider: string;
  connection: string;
  vendorModel: string | null;
  isSticky: boolean;
  size: string | null;
  widthPx: number | null;
  heightPx: number | null;
  quote: StoredQuote;
}

/** The price the hold was made with; the charge uses the same one. */
export interface StoredQuote {
  /** Held: multiplied, and 0 where nobody pays. */
  holdMicros: Micros;
  /** The same by the list. Absent in rows from before there were multipliers: then it is what was held. */
  listMicros?: Micros;
  /** One picture by the list. */
  unitMicros: Micros;
  priceVersionId: string;
  /** Who pays, and how often the list. Absent in rows from before there were any: the wallet, once. */
  terms?: StoredTerms;
}

/** As billing resolved them when the money was held; see its PriceTerms. */
export interface StoredTerms {
  tier: 'platform' | 'free' | 'byok' | 'subscription';
  funding: 'wallet' | 'subscription' | 'none';
  /** Basis points on the list price. */
  multiplierBp: number;
  ruleId: string | null;
  subscriptionId: string | null;
}

export interface Attempt {
  id: string;
  generationId: string;
  ordinal: number;
  provider: string;
  model: string;
  connection: string;
  state: 'planned' | 'sent' | 'succeeded' | 'failed' | 'interrupted' | 'canceled';
  /** How the vendor calls its job, where it answers later; with it a restart asks on instead of paying again. */
  vendorReference: JsonValue | null;
  vendorRequestId: string | null;
  error: GenerationError | null;
  costMicros: Micros;
  sentAt: Date | null;
  finishedAt: Date | null;
}

/** The text that vendors get. */
export function toSentPrompt({ prompt, options }: Pick<Generation, 'prompt' | 'options'>): string {
  return options.sentPrompt ?? prompt;
}

const CONCLUDED: readonly GenerationStatus[] = [
  'succeeded',
  'partially_succeeded',
  'failed',
  'canceled',
];

/** Whether nothing more will happen to it. */
export function isConcluded(status: GenerationStatus): boolean {
  return CONCLUDED.includes(status);
}
