import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  Min,
} from 'class-validator';
import { DomainError } from '../../common/domain-error.js';
import {
  type Cleanup,
  type CleanupFilters,
  CLEARED_ROLES,
  type ClearedRole,
  ENDED_STATUSES,
  type EndedStatus,
} from '../domain/cleanup.js';
import { DAYS_MAX } from '../domain/retention-policy.js';

const MS_PER_DAY = 24 * 60 * 60_000;

export class CleanupDto {
  @ApiPropertyOptional({
    type: Boolean,
    default: true,
    example: true,
    description: 'true: only shows. false: does what the plan `plan_id` showed',
  })
  @IsOptional()
  @IsBoolean()
  dry_run?: boolean;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'With dry_run: false' })
  @IsOptional()
  @IsUUID()
  plan_id?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: DAYS_MAX, default: 0, example: 90 })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(DAYS_MAX)
  older_than_days?: number;

  @ApiPropertyOptional({
    type: [String],
    enum: ENDED_STATUSES,
    example: ['failed', 'canceled'],
    description: 'Default: all that have ended',
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(ENDED_STATUSES, { each: true })
  statuses?: EndedStatus[];

  @ApiPropertyOptional({
    type: [String],
    enum: CLEARED_ROLES,
    example: ['output', 'input', 'mask'],
    description:
      'With output, the default, the generations go whole; without it only these pictures of theirs do',
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(CLEARED_ROLES, { each: true })
  roles?: ClearedRole[];

  @ApiPropertyOptional({ type: Boolean, default: true, example: true })
  @IsOptional()
  @IsBoolean()
  keep_favourites?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    example: false,
    description: 'Whether bytes that no picture uses any more go too',
  })
  @IsOptional()
  @IsBoolean()
  include_orphans?: boolean;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: '`next` of the plan before' })
  @IsOptional()
  @IsUUID()
  after?: string;
}

export class SpaceCleanupDto extends CleanupDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'Or in the header x-search-space-id',
  })
  @IsOptional()
  @IsString()
  search_space_id?: string;
}

export class CleanupResponse {
  @ApiProperty({ type: String, format: 'uuid', description: 'plan_id of the call that does it' })
  id: string;

  @ApiProperty({ type: Boolean, example: true })
  dry_run: boolean;

  @ApiProperty({ type: String, enum: ['planned', 'running', 'done'], example: 'planned' })
  state: Cleanup['state'];

  @ApiProperty({ type: String, nullable: true, format: 'uuid' })
  search_space_id: string | null;

  @ApiProperty({ type: 'integer', example: 120 })
  generations: number;

  @ApiProperty({ type: 'integer', example: 240 })
  pictures: number;

  @ApiProperty({
    type: 'integer',
    example: 503_316_480,
    description: 'What the store holds less afterwards',
  })
  bytes: number;

  @ApiProperty({ type: 'integer', example: 0, description: 'Generations that legal holds keep' })
  held_back: number;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Not null: there is more; plan it with this as `after`',
  })
  next: string | null;

  @ApiProperty({ type: 'integer', example: 0 })
  done_generations: number;

  @ApiProperty({ type: 'integer', example: 0 })
  done_pictures: number;

  @ApiProperty({
    type: 'integer',
    example: 0,
    description: 'Planned, and gone or held when their turn came',
  })
  passed_over: number;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, nullable: true, format: 'date-time', example: null })
  finished_at: string | null;
}

/** The plan to be done; null = one is to be made. */
export function findPlanId({ dry_run: isDryRun = true, plan_id: planId, ...filters }: CleanupDto) {
  if (isDryRun) {
    if (planId === undefined) return null;
    throw DomainError.invalid('plan_id', 'is what dry_run: false does; leave it out, or say so');
  }
  if (planId === undefined) {
    throw DomainError.invalid(
      'plan_id',
      'is missing: call with dry_run: true first, and send its id',
    );
  }
  const extra = Object.entries(filters).find(
    ([name, value]) => name !== 'search_space_id' && value !== undefined,
  );
  if (extra) throw DomainError.invalid(extra[0], 'belongs to the plan; leave it out');
  return planId;
}

export function toCleanupFilters(
  searchSpaceId: string | null,
  body: CleanupDto,
  now: Date,
): CleanupFilters {
  return {
    searchSpaceId,
    madeBefore: new Date(now.getTime() - (body.older_than_days ?? 0) * MS_PER_DAY),
    statuses: body.statuses ?? ENDED_STATUSES,
    roles: body.roles ?? CLEARED_ROLES,
    keepsFavourites: body.keep_favourites ?? true,
    includesOrphans: body.include_orphans ?? false,
    after: body.after ?? null,
  };
}

export function toCleanupResponse(cleanup: Cleanup): CleanupResponse {
  return {
    id: cleanup.id,
    dry_run: cleanup.state === 'planned',
    state: cleanup.state,
    search_space_id: cleanup.searchSpaceId,
    generations: cleanup.generations,
    pictures: cleanup.pictures,
    bytes: cleanup.bytes,
    held_back: cleanup.heldBack,
    next: cleanup.next,
    done_generations: cleanup.doneGenerations,
    done_pictures: cleanup.donePictures,
    passed_over: cleanup.passedOver,
    created_at: cleanup.createdAt.toISOString(),
    finished_at: cleanup.finishedAt?.toISOString() ?? null,
  };
}
