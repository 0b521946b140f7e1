import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import {
  ORDER_MAX,
  type Route,
  ROUTE_NAME_LENGTH_MAX,
  TARGETS_MAX,
  WEIGHT_MAX,
} from '../domain/route.js';
import type { NewRoute, RouteChanges } from '../routes.service.js';

const WEIGHT_DEFAULT = 100;
const CONNECTION_ID_LENGTH_MAX = 100;
const NOTE_LENGTH_MAX = 200;
/** One line with at most one star. */
const NAME_FORM = /^[^*]*\*?[^*]*$/;
const NAME_MESSAGE = '$property must hold at most one *';

const FALLBACK = {
  type: Boolean,
  default: true,
  description: 'Whether a call that does not say falls back to further candidates',
} as const;
const RESTRICT = {
  type: Boolean,
  default: false,
  description: 'Whether only names that match a route may be asked for where this route counts',
} as const;

export class RouteCandidateDto {
  @ApiProperty({
    type: String,
    maxLength: ROUTE_NAME_LENGTH_MAX,
    example: 'embedded-image',
    description: 'Public name of a model or another route; `$1` or `*`: what the * stood for',
  })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @Matches(NAME_FORM, { message: NAME_MESSAGE })
  @MaxLength(ROUTE_NAME_LENGTH_MAX)
  model: string;

  @ApiPropertyOptional({ type: String, description: 'This connection alone; else all that serve' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(CONNECTION_ID_LENGTH_MAX)
  connection_id?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: WEIGHT_MAX,
    default: WEIGHT_DEFAULT,
    description: 'Its share of the spaces, among candidates of the same order',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(WEIGHT_MAX)
  weight?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: ORDER_MAX,
    default: 0,
    description: 'Lower ones come first; higher ones are what they fall back to',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(ORDER_MAX)
  order?: number;
}

export class UpdateRouteDto {
  @ApiPropertyOptional({ type: [RouteCandidateDto], minItems: 1, maxItems: TARGETS_MAX })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(TARGETS_MAX)
  @ValidateNested({ each: true })
  @Type(() => RouteCandidateDto)
  candidates?: RouteCandidateDto[];

  @ApiPropertyOptional(FALLBACK)
  @IsOptional()
  @IsBoolean()
  enable_fallback?: boolean;

  @ApiPropertyOptional(RESTRICT)
  @IsOptional()
  @IsBoolean()
  restrict?: boolean;

  @ApiPropertyOptional({ type: String, maxLength: NOTE_LENGTH_MAX })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NOTE_LENGTH_MAX)
  note?: string;
}

export class RouteDto {
  @ApiProperty({
    type: String,
    maxLength: ROUTE_NAME_LENGTH_MAX,
    example: 'team-picture',
    description: 'What callers ask for: exactly, or with one * for any characters',
  })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @Matches(NAME_FORM, { message: NAME_MESSAGE })
  @MaxLength(ROUTE_NAME_LENGTH_MAX)
  name: string;

  @ApiProperty({
    type: [RouteCandidateDto],
    minItems: 1,
    maxItems: TARGETS_MAX,
    example: [{ model: 'embedded-image', weight: 100 }],
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(TARGETS_MAX)
  @ValidateNested({ each: true })
  @Type(() => RouteCandidateDto)
  candidates: RouteCandidateDto[];

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'For this space alone' })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;

  @ApiPropertyOptional(FALLBACK)
  @IsOptional()
  @IsBoolean()
  enable_fallback?: boolean;

  @ApiPropertyOptional(RESTRICT)
  @IsOptional()
  @IsBoolean()
  restrict?: boolean;

  @ApiPropertyOptional({ type: String, maxLength: NOTE_LENGTH_MAX })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NOTE_LENGTH_MAX)
  note?: string;
}

export class RoutesQueryDto extends PageQueryDto {
  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Those of this space alone' })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;
}

export class RouteCandidateResponse {
  @ApiProperty({ type: String })
  model: string;

  @ApiProperty({ type: String, nullable: true })
  connection_id: string | null;

  @ApiProperty({ type: 'integer' })
  weight: number;

  @ApiProperty({ type: 'integer' })
  order: number;
}

export class RouteResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String })
  name: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  search_space_id: string | null;

  @ApiProperty({ type: [RouteCandidateResponse] })
  candidates: RouteCandidateResponse[];

  @ApiProperty({ type: Boolean })
  enable_fallback: boolean;

  @ApiProperty({ type: Boolean })
  restrict: boolean;

  @ApiProperty({ type: String, nullable: true })
  note: string | null;

  @ApiProperty({ type: String, format: 'uuid' })
  created_by: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at: string;
}

export class RoutesPageResponse implements Page<RouteResponse> {
  @ApiProperty({ type: [RouteResponse] })
  data: RouteResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toNewRoute(body: RouteDto): NewRoute {
  return {
    name: body.name,
    searchSpaceId: body.search_space_id?.toLowerCase() ?? null,
    targets: body.candidates.map(toTarget),
    enableFallback: body.enable_fallback ?? true,
    isRestricting: body.restrict ?? false,
    note: body.note ?? null,
  };
}

export function toRouteChanges(body: UpdateRouteDto): RouteChanges {
  const { candidates, enable_fallback, restrict, note } = body;
  return {
    ...(candidates && { targets: candidates.map(toTarget) }),
    ...(typeof enable_fallback === 'boolean' && { enableFallback: enable_fallback }),
    ...(typeof restrict === 'boolean' && { isRestricting: restrict }),
    ...(note !== undefined && { note }),
  };
}

export function toRouteResponse(route: Route): RouteResponse {
  return {
    id: route.id,
    name: route.name,
    search_space_id: route.searchSpaceId,
    candidates: route.targets.map(({ model, connectionId, weight, order }) => ({
      model,
      connection_id: connectionId,
      weight,
      order,
    })),
    enable_fallback: route.enableFallback,
    restrict: route.isRestricting,
    note: route.note,
    created_by: route.createdBy,
    created_at: route.createdAt.toISOString(),
    updated_at: route.updatedAt.toISOString(),
  };
}

function toTarget({ model, connection_id, weight, order }: RouteCandidateDto) {
  return {
    model,
    connectionId: connection_id ?? null,
    weight: weight ?? WEIGHT_DEFAULT,
    order: order ?? 0,
  };
}
