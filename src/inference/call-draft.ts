import type { Terms } from '../billing/domain/price-terms.js';
import type { Caller } from '../common/caller.js';
import type { ChatModel, EmbeddingModel } from '../providers/spec/chat-model.js';
import type { Candidate, RouteDecision } from '../routing/route-plan.js';
import type { HeldPrice } from './domain/text-call.js';
import type { RepeatClaim } from './repeats/repeat-claim.js';

export type TextModel = ChatModel | EmbeddingModel;
export type TextKind = TextModel['kind'];

/** What may run, and what it costs at most. */
export interface PricedCandidate<M extends TextModel = TextModel> extends HeldPrice {
  candidate: Candidate<M>;
  terms: Terms;
  /** Of the price list it was found in. */
  versionId: string;
  /** Tokens of output that the hold covers. */
  outputTokens: number;
}

/** Who asks for a call of text, and how. */
export interface TextAsking {
  caller: Caller;
  searchSpaceId: string;
  /** As the caller wrote it; null = the space's choice. */
  model: string | null;
  /** What holds a conversation to a connection; null = nothing. */
  session: string | null;
  /** By what it is known when it comes again; null or undefined = by nothing. */
  claim?: RepeatClaim | null;
}

/** One call for text on its way: what would run, under which ids its money and its usage are written. */
export interface CallDraft<M extends TextModel = TextModel> {
  /** Id of the attempt and of the usage row, UUIDv7. */
  id: string;
  holdId: string;
  kind: M['kind'];
  asking: TextAsking;
  /** Rather too many than too few. */
  inputTokens: number;
  /** In the order in which they are tried. */
  candidates: readonly PricedCandidate<M>[];
  decision: RouteDecision;
  /** Whether the space lets what one vendor refused be asked of another. */
  failsOverRefusals: boolean;
  createdAt: Date;
  /** `performance.now()` */
  startedAtMs: number;
}
