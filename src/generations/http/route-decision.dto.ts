import { ApiProperty } from '@nestjs/swagger';
import type { RouteDecision, WeighedCandidate } from '../../routing/route-plan.js';

export class WeighedCandidateDto {
  @ApiProperty({ type: String, example: 'embedded-image' })
  model: string;

  @ApiProperty({ type: String, example: 'embedded' })
  provider: string;

  @ApiProperty({ type: String, example: 'env:embedded' })
  connection: string;

  @ApiProperty({ type: Number, nullable: true, example: 3.25 })
  score: number | null;

  @ApiProperty({
    type: Object,
    nullable: true,
    example: { priority: 1, load: 1, queue: 0.7, errors: 0.8, speed: 0.25 },
    description: 'What the score is made of',
  })
  parts: Readonly<Record<string, number>> | null;

  @ApiProperty({ type: String, enum: ['chosen', 'fallback', 'skipped'], example: 'chosen' })
  outcome: string;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Why it was skipped' })
  reason: string | null;
}

export class RouteDecisionDto {
  @ApiProperty({
    type: String,
    enum: ['named', 'route', 'auto', 'preference', 'default'],
    example: 'named',
    description: 'How the model was found',
  })
  layer: string;

  @ApiProperty({ type: String, nullable: true, example: 'embedded-image' })
  requested: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'The route that matched',
  })
  route: string | null;

  @ApiProperty({ type: [String], example: ['embedded-image'] })
  chain: readonly string[];

  @ApiProperty({ type: Boolean, description: 'Whether a session held it to its connection' })
  sticky_hit: boolean;

  @ApiProperty({ type: [WeighedCandidateDto], description: 'In the order they are tried' })
  candidates: WeighedCandidateDto[];

  @ApiProperty({ type: 'integer', example: 1 })
  candidate_count: number;

  @ApiProperty({ type: 'integer', example: 1 })
  top_k: number;

  @ApiProperty({
    type: Number,
    description: 'Standard deviation of the load, in percent',
    example: 0,
  })
  load_skew: number;

  @ApiProperty({ type: 'integer', description: 'Microseconds the choice took', example: 40 })
  decided_in_us: number;
}

export function toRouteDecisionDto(decision: RouteDecision): RouteDecisionDto {
  return {
    layer: decision.layer,
    requested: decision.requested,
    route: decision.route,
    chain: decision.chain,
    sticky_hit: decision.stickyHit,
    candidates: decision.candidates.map(toWeighedCandidateDto),
    candidate_count: decision.candidateCount,
    top_k: decision.topK,
    load_skew: decision.loadSkew,
    decided_in_us: decision.decidedInUs,
  };
}

function toWeighedCandidateDto(candidate: WeighedCandidate): WeighedCandidateDto {
  return { ...candidate };
}
