import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsISO8601, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import type { ExportFormat } from '../audit-events.service.js';
import type { ActorKind, AuditState } from '../domain/audit-event.js';
import type { AuditFields } from '../domain/audit-fields.js';
import type { AuditFilter } from '../domain/audit-filter.js';

const TEXT_LENGTH_MAX = 100;
const OFFSET_FORM = /(?:[Zz]|[+-]\d{2}:\d{2})$/;
const OFFSET_MESSAGE = '$property must end in Z or an offset such as +02:00';
const FORMATS = ['csv', 'ndjson'] as const satisfies readonly ExportFormat[];

/** What one space's trail can be narrowed by. */
export class SpaceAuditQueryDto extends PageQueryDto {
  @ApiPropertyOptional({ type: String, example: 'api_key.revoked' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(TEXT_LENGTH_MAX)
  action?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'Who acted, or for whom a key did',
  })
  @IsOptional()
  @IsUUID()
  actor_user_id?: string;

  @ApiPropertyOptional({ type: String, example: 'api_key' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(TEXT_LENGTH_MAX)
  target_type?: string;

  @ApiPropertyOptional({ type: String, description: 'Id of what was changed' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(TEXT_LENGTH_MAX)
  target_id?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'From then on' })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @Matches(OFFSET_FORM, { message: OFFSET_MESSAGE })
  from?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Before then' })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @Matches(OFFSET_FORM, { message: OFFSET_MESSAGE })
  until?: string;
}

export class AuditQueryDto extends SpaceAuditQueryDto {
  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;
}

export class SpaceAuditExportDto extends SpaceAuditQueryDto {
  @ApiPropertyOptional({ type: String, enum: FORMATS, default: 'csv' })
  @IsOptional()
  @IsIn(FORMATS)
  format?: ExportFormat;
}

export class AuditExportDto extends AuditQueryDto {
  @ApiPropertyOptional({ type: String, enum: FORMATS, default: 'csv' })
  @IsOptional()
  @IsIn(FORMATS)
  format?: ExportFormat;
}

export class AuditEventResponse implements AuditFields {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, format: 'date-time' })
  occurred_at: string;

  @ApiProperty({ type: String, example: 'api_key.revoked' })
  action: string;

  @ApiProperty({ type: String, enum: ['user', 'api_key', 'system'] })
  actor_kind: ActorKind;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The user or the key' })
  actor_id: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  actor_user_id: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  search_space_id: string | null;

  @ApiProperty({ type: String, example: 'api_key' })
  target_type: string;

  @ApiProperty({ type: String, nullable: true })
  target_id: string | null;

  @ApiProperty({ type: Object, nullable: true, description: 'What stood there; secrets taken out' })
  before: AuditState | null;

  @ApiProperty({ type: Object, nullable: true, description: 'What stands there now' })
  after: AuditState | null;

  @ApiProperty({ type: String, nullable: true, description: "The client's address" })
  address: string | null;

  @ApiProperty({ type: String, nullable: true })
  request_id: string | null;
}

export class AuditEventsPageResponse implements Page<AuditEventResponse> {
  @ApiProperty({ type: [AuditEventResponse] })
  data: AuditEventResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toAuditFilter(query: AuditQueryDto): AuditFilter {
  return {
    searchSpaceId: query.search_space_id,
    action: query.action,
    actorUserId: query.actor_user_id,
    targetType: query.target_type,
    targetId: query.target_id,
    from: query.from ? new Date(query.from) : undefined,
    until: query.until ? new Date(query.until) : undefined,
  };
}
