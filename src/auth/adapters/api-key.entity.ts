import { Entity } from 'typeorm';
import type { Scope } from '../../common/permission.js';
import {
  BooleanColumn,
  IdColumn,
  IntegerColumn,
  ReferenceColumn,
  TextColumn,
  TextListColumn,
  TimeColumn,
} from '../../persistence/columns.js';

@Entity({ name: 'api_keys' })
export class ApiKeyEntity {
  @IdColumn()
  id: string;

  @TextColumn('name')
  name: string;

  @TextColumn('description')
  description: string;

  @ReferenceColumn('search_space_id')
  searchSpaceId: string;

  @ReferenceColumn('user_id')
  userId: string;

  @ReferenceColumn('service_account_id', { nullable: true })
  serviceAccountId: string | null;

  @TextListColumn('scopes')
  scopes: Scope[];

  @TextListColumn('allowed_models')
  allowedModels: string[];

  @TextListColumn('allowed_endpoints')
  allowedEndpoints: string[];

  @TextListColumn('allowed_cidrs')
  allowedCidrs: string[];

  @TextListColumn('denied_cidrs')
  deniedCidrs: string[];

  @IntegerColumn('rate_limit_per_minute', { nullable: true })
  rateLimitPerMinute: number | null;

  @IntegerColumn('rate_limit_per_hour', { nullable: true })
  rateLimitPerHour: number | null;

  @IntegerColumn('rate_limit_per_day', { nullable: true })
  rateLimitPerDay: number | null;

  @TextListColumn('tags')
  tags: string[];

  @BooleanColumn('is_active')
  isActive: boolean;

  @TimeColumn('expires_at', { nullable: true })
  expiresAt: Date | null;

  @TimeColumn('revoked_at', { nullable: true })
  revokedAt: Date | null;

  @TimeColumn('last_used_at', { nullable: true })
  lastUsedAt: Date | null;

  @TimeColumn('created_at')
  createdAt: Date;
}
