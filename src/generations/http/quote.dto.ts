import { ApiProperty } from '@nestjs/swagger';
import {
  BUDGET_MODES,
  BUDGET_PERIODS,
  BUDGET_SCOPES,
  findResetsAt,
  toAllowance,
  toRemaining,
} from '../../billing/domain/budget.js';
import { toWalletStatus } from '../../billing/domain/wallet.js';
import { RouteDecisionDto, toRouteDecisionDto } from './route-decision.dto.js';
import { listCandidates } from '../domain/apply-candidate.js';
import type { StoredCandidate } from '../domain/generation.js';
import type { GenerationQuote, QuotedCap } from '../quote-generation.service.js';

export class QuotedPriceDto {
  @ApiProperty({
    type: 'integer',
    description: 'One picture, in the cheapest size and quality that the request leaves open',
  })
  min_micros: number;

  @ApiProperty({ type: 'integer', description: 'All of it at its dearest: what would be held' })
  max_micros: number;

  @ApiProperty({ type: 'integer', description: 'One picture by the list' })
  unit_micros: number;

  @ApiProperty({ type: 'integer', description: 'max_micros by the list, before the multiplier' })
  list_max_micros: number;

  @ApiProperty({
    type: String,
    example: 'exact',
    description: 'How the price was found; dearest: size or quality is open',
  })
  basis: string;

  @ApiProperty({ type: String, format: 'uuid' })
  price_version_id: string;

  @ApiProperty({ type: 'integer', example: 10_000, description: 'Basis points on the list price' })
  multiplier_bp: number;

  @ApiProperty({ type: String, enum: ['platform', 'free', 'byok', 'subscription'] })
  tier: string;
}

export class QuotedWalletDto {
  @ApiProperty({ type: 'integer', description: 'Can be spent now' })
  available_micros: number;

  @ApiProperty({ type: String, enum: ['ok', 'warning', 'blocked'] })
  status: string;
}

export class QuotedCapDto {
  @ApiProperty({ type: String, format: 'uuid' })
  budget_id: string;

  @ApiProperty({ type: String })
  name: string;

  @ApiProperty({ type: String, enum: BUDGET_SCOPES })
  scope: string;

  @ApiProperty({ type: String, enum: BUDGET_MODES })
  mode: string;

  @ApiProperty({ type: String, enum: BUDGET_PERIODS })
  period: string;

  @ApiProperty({ type: 'integer', description: 'With what was carried into the period' })
  limit_micros: number;

  @ApiProperty({ type: 'integer' })
  remaining_micros: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  resets_at: string | null;

  @ApiProperty({ type: Boolean, description: 'It would refuse this request now' })
  would_refuse: boolean;
}

export class QuotedCandidateDto {
  @ApiProperty({ type: String, example: 'embedded-image' })
  model: string;

  @ApiProperty({ type: String, example: 'embedded' })
  provider: string;

  @ApiProperty({ type: String, example: 'env:embedded' })
  connection: string;

  @ApiProperty({ type: 'integer', description: 'What it would cost at most there' })
  max_micros: number;

  @ApiProperty({ type: String, enum: ['platform', 'free', 'byok', 'subscription'] })
  tier: string;
}

export class QuotedRouteDto {
  @ApiProperty({ type: String, example: 'embedded-image' })
  model: string;

  @ApiProperty({ type: String, example: 'embedded' })
  provider: string;

  @ApiProperty({ type: String, example: 'env:embedded' })
  connection: string;

  @ApiProperty({
    type: String,
    enum: ['named', 'route', 'auto', 'preference', 'default'],
    description: 'How the model was found: default is the best of the vendor that stands first',
  })
  reason: string;

  @ApiProperty({ type: [QuotedCandidateDto], description: 'In the order they would be tried' })
  candidates: QuotedCandidateDto[];

  @ApiProperty({ type: RouteDecisionDto, description: 'What was weighed and skipped, and why' })
  decision: RouteDecisionDto;
}

export class QuotedRefusalDto {
  @ApiProperty({ type: String, example: 'billing.budget_exceeded' })
  code: string;

  @ApiProperty({ type: String })
  message: string;
}

export class QuoteDto {
  @ApiProperty({ type: QuotedPriceDto })
  price: QuotedPriceDto;

  @ApiProperty({ type: QuotedWalletDto, nullable: true })
  wallet: QuotedWalletDto | null;

  @ApiProperty({ type: [QuotedCapDto], description: 'Every budget the request is held to' })
  caps: QuotedCapDto[];

  @ApiProperty({ type: QuotedRouteDto })
  route: QuotedRouteDto;

  @ApiProperty({ type: Boolean, description: 'Wallet and budgets would admit it now' })
  admissible: boolean;

  @ApiProperty({ type: QuotedRefusalDto, nullable: true })
  refusal: QuotedRefusalDto | null;
}

export function toQuoteDto(quote: GenerationQuote): QuoteDto {
  const { generation, terms, wallet, refusal, decision } = quote;
  const { holdMicros, listMicros = holdMicros, unitMicros, priceVersionId } = generation.quote;
  const { model, provider, connection } = generation;
  return {
    price: {
      min_micros: quote.minMicros,
      max_micros: quote.maxMicros,
      unit_micros: unitMicros,
      list_max_micros: listMicros,
      basis: quote.basis,
      price_version_id: priceVersionId,
      multiplier_bp: terms.multiplierBp,
      tier: terms.tier,
    },
    wallet: wallet && {
      available_micros: wallet.availableMicros,
      status: toWalletStatus(wallet),
    },
    caps: quote.caps.map(toQuotedCap),
    route: {
      model,
      provider,
      connection,
      reason: decision.layer,
      candidates: listCandidates(generation).map(toQuotedCandidate),
      decision: toRouteDecisionDto(decision),
    },
    admissible: refusal === null,
    refusal: refusal && { code: refusal.code, message: refusal.message },
  };
}

function toQuotedCandidate({ quote, ...candidate }: StoredCandidate): QuotedCandidateDto {
  const { model, provider, connection } = candidate;
  const { holdMicros, terms } = quote;
  return { model, provider, connection, max_micros: holdMicros, tier: terms?.tier ?? 'platform' };
}

function toQuotedCap({ budget, wouldRefuse }: QuotedCap): QuotedCapDto {
  return {
    budget_id: budget.id,
    name: budget.name,
    scope: budget.scope,
    mode: budget.mode,
    period: budget.period,
    limit_micros: toAllowance(budget),
    remaining_micros: toRemaining(budget),
    resets_at: findResetsAt(budget)?.toISOString() ?? null,
    would_refuse: wouldRefuse,
  };
}
