import { ApiProperty } from '@nestjs/swagger';
import type { Page } from '../../common/page.js';
import {
  CONNECTION_SCOPES,
  type ConnectionRecord,
  isOfSettings,
} from '../domain/connection-record.js';
import { ConnectionExtraDto } from './connections.dto.js';

export class ConnectionResponse {
  @ApiProperty({ type: String, description: 'A UUID, or `env:openai` where the settings make it' })
  id: string;

  @ApiProperty({ type: String, enum: ['api', 'environment'] })
  origin: string;

  @ApiProperty({ type: String, example: 'openai' })
  provider: string;

  @ApiProperty({ type: String })
  name: string;

  @ApiProperty({ type: String, nullable: true, description: "Null: the vendor's own" })
  base_url: string | null;

  @ApiProperty({ type: Boolean })
  has_api_key: boolean;

  @ApiProperty({ type: String, nullable: true, description: 'The last four of the key' })
  api_key_hint: string | null;

  @ApiProperty({ type: ConnectionExtraDto })
  extra: ConnectionExtraDto;

  @ApiProperty({ type: String, enum: CONNECTION_SCOPES })
  scope: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  search_space_id: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  user_id: string | null;

  @ApiProperty({ type: Boolean })
  is_enabled: boolean;

  @ApiProperty({ type: 'integer' })
  priority: number;

  @ApiProperty({ type: 'integer' })
  load_factor: number;

  @ApiProperty({ type: 'integer', nullable: true })
  slots_max: number | null;

  @ApiProperty({ type: Boolean })
  is_pool: boolean;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at: string | null;

  @ApiProperty({ type: Boolean })
  serves_catalog: boolean;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  created_by: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Null: of the settings, and nothing was set on top',
  })
  created_at: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  updated_at: string | null;
}

export class ConnectionsPageResponse implements Page<ConnectionResponse> {
  @ApiProperty({ type: [ConnectionResponse] })
  data: ConnectionResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toConnectionResponse(record: ConnectionRecord): ConnectionResponse {
  const { keyHeader, organization, project, query } = record.extra;
  const isEnvironment = isOfSettings(record);
  return {
    id: record.id,
    origin: isEnvironment ? 'environment' : 'api',
    provider: record.provider,
    name: record.name,
    base_url: record.baseUrl,
    has_api_key: isEnvironment ? record.hasSettingsKey === true : record.apiKeySealed !== null,
    api_key_hint: record.apiKeyHint,
    extra: {
      ...(keyHeader && { key_header: keyHeader }),
      ...(organization && { organization }),
      ...(project && { project }),
      ...(query && { query: { ...query } }),
    },
    scope: record.scope,
    search_space_id: record.searchSpaceId,
    user_id: record.userId,
    is_enabled: record.isEnabled,
    priority: record.priority,
    load_factor: record.loadFactor,
    slots_max: record.slotsMax,
    is_pool: record.isPool,
    expires_at: record.expiresAt?.toISOString() ?? null,
    serves_catalog: record.servesCatalog,
    created_by: record.createdBy,
    created_at: record.createdAt?.toISOString() ?? null,
    updated_at: record.updatedAt?.toISOString() ?? null,
  };
}
