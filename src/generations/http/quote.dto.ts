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

  @ApiProperty({
    type: String,
    enum: ['named', 'default'],
    description: 'named: the caller named the model. default: the best of the default vendor',
  })
  reason: string;
}

export class QuotedRouteDto extends QuotedCandidateDto {
  @ApiProperty({ type: [QuotedCandidateDto], description: 'In the order they would be tried' })
  candidates: QuotedCandidateDto[];
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
  const { generation, terms, wallet, refusal, reason } = quote;
  const { holdMicros, listMicros = holdMicros, unitMicros, priceVersionId } = generation.quote;
  const { model, provider, connection } = generation;
  const candidate = { model, provider, connection, reason };
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
    route: { ...candidate, candidates: [candidate] },
    admissible: refusal === null,
    refusal: refusal && { code: refusal.code, message: refusal.message },
  };
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
