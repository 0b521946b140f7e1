import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
} from 'class-validator';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { IsMoment } from '../../http/is-moment.decorator.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import {
  HELD_IDS_MAX,
  HOLD_SCOPES,
  type HoldScope,
  type LegalHold,
  REASON_CHARS_MAX,
} from '../domain/legal-hold.js';
import type { HoldRequest } from '../legal-holds.service.js';

const nullable = { type: String, nullable: true } as const;
const REASON_EXAMPLE = 'Case 2026-114, Smith v. Example';

export class PlaceLegalHoldDto {
  @ApiProperty({ type: String, maxLength: REASON_CHARS_MAX, example: REASON_EXAMPLE })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(REASON_CHARS_MAX)
  reason: string;

  @ApiProperty({ type: String, enum: HOLD_SCOPES, example: 'space' })
  @IsIn(HOLD_SCOPES)
  scope: HoldScope;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'For the scope collection' })
  @IsOptional()
  @IsUUID()
  collection_id?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'For the scope user: whose pictures',
  })
  @IsOptional()
  @IsUUID()
  user_id?: string;

  @ApiPropertyOptional({
    type: [String],
    format: 'uuid',
    maxItems: HELD_IDS_MAX,
    description: 'For the scope generations',
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(HELD_IDS_MAX)
  @IsUUID(undefined, { each: true })
  generation_ids?: string[];

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    example: '2026-01-01T00:00:00Z',
    description: 'Only what was made at that time or later',
  })
  @IsOptional()
  @IsMoment()
  from?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    example: '2027-01-01T00:00:00Z',
    description: 'Only what was made before that time',
  })
  @IsOptional()
  @IsMoment()
  to?: string;
}

export class LiftLegalHoldDto {
  @ApiProperty({ type: String, maxLength: REASON_CHARS_MAX, example: 'The case was settled' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(REASON_CHARS_MAX)
  reason: string;
}

export class ListLegalHoldsDto extends PageQueryDto {
  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Default: of all spaces' })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;
}

export class LegalHoldResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: String, example: REASON_EXAMPLE })
  reason: string;

  @ApiProperty({ type: String, enum: HOLD_SCOPES, example: 'space' })
  scope: HoldScope;

  @ApiProperty({ ...nullable, format: 'uuid', example: null })
  collection_id: string | null;

  @ApiProperty({ ...nullable, format: 'uuid', example: null })
  user_id: string | null;

  @ApiProperty({ type: [String], nullable: true, example: null })
  generation_ids: string[] | null;

  @ApiProperty({ ...nullable, format: 'date-time', example: null })
  from: string | null;

  @ApiProperty({ ...nullable, format: 'date-time', example: null })
  to: string | null;

  @ApiProperty({ type: String, format: 'uuid' })
  placed_by: string;

  @ApiProperty({ type: String, format: 'date-time' })
  placed_at: string;

  @ApiProperty({ ...nullable, format: 'uuid', example: null })
  lifted_by: string | null;

  @ApiProperty({ ...nullable, format: 'date-time', example: null })
  lifted_at: string | null;

  @ApiProperty({ ...nullable, example: null })
  lift_reason: string | null;
}

export class LegalHoldsPageResponse implements Page<LegalHoldResponse> {
  @ApiProperty({ type: [LegalHoldResponse] })
  data: LegalHoldResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toHoldRequest(searchSpaceId: string, body: PlaceLegalHoldDto): HoldRequest {
  return {
    searchSpaceId: searchSpaceId.toLowerCase(),
    reason: body.reason,
    scope: body.scope,
    collectionId: body.collection_id ?? null,
    userId: body.user_id ?? null,
    generationIds: body.generation_ids ?? null,
    madeFrom: body.from ? new Date(body.from) : null,
    madeTo: body.to ? new Date(body.to) : null,
  };
}

export function toLegalHoldResponse(hold: LegalHold): LegalHoldResponse {
  return {
    id: hold.id,
    search_space_id: hold.searchSpaceId,
    reason: hold.reason,
    scope: hold.scope,
    collection_id: hold.collectionId,
    user_id: hold.userId,
    generation_ids: hold.generationIds ? [...hold.generationIds] : null,
    from: hold.madeFrom?.toISOString() ?? null,
    to: hold.madeTo?.toISOString() ?? null,
    placed_by: hold.placedBy,
    placed_at: hold.placedAt.toISOString(),
    lifted_by: hold.lifted?.by ?? null,
    lifted_at: hold.lifted?.at.toISOString() ?? null,
    lift_reason: hold.lifted?.reason ?? null,
  };
}
