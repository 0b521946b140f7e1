import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, IsUUID, Matches, Max, MaxLength, Min } from 'class-validator';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { SUBSCRIPTION_WINDOWS, toSubscriptionStatus } from '../domain/subscription.js';
import type { ShownSubscription } from '../domain/subscriptions.reader.port.js';
import type { WindowLimits } from '../domain/subscriptions.repository.port.js';
import type { NewSubscription, SubscriptionChanges } from '../subscriptions.service.js';
import { IsMoment } from '../../http/is-moment.decorator.js';

const NAME_LENGTH_MAX = 90;
/** Ten million dollars, as of every budget. */
const LIMIT_MICROS_MAX = 10_000_000_000_000;
const LIMIT = {
  type: 'integer',
  minimum: 0,
  maximum: LIMIT_MICROS_MAX,
  nullable: true,
  description: 'At list prices times the multiplier; null: not limited',
} as const;

class LimitsDto {
  @ApiPropertyOptional(LIMIT)
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(LIMIT_MICROS_MAX)
  day_limit_micros?: number | null;

  @ApiPropertyOptional(LIMIT)
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(LIMIT_MICROS_MAX)
  week_limit_micros?: number | null;

  @ApiPropertyOptional({ ...LIMIT, example: 50_000_000 })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(LIMIT_MICROS_MAX)
  month_limit_micros?: number | null;
}

export class CreateSubscriptionDto extends LimitsDto {
  @ApiProperty({ type: String, format: 'uuid', example: '019a0000-0000-7000-8000-000000000000' })
  @IsUUID()
  search_space_id: string;

  @ApiProperty({ type: String, maxLength: NAME_LENGTH_MAX, example: 'Studio' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  name: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Left out: now' })
  @IsOptional()
  @IsMoment()
  starts_at?: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2099-01-01T00:00:00Z' })
  @IsMoment()
  expires_at: string;

  @ApiPropertyOptional({ type: String, example: 'Europe/Berlin', default: 'UTC' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(64)
  time_zone?: string;
}

export class UpdateSubscriptionDto extends LimitsDto {
  @ApiPropertyOptional({ type: String, maxLength: NAME_LENGTH_MAX })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  name?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Renews it' })
  @IsOptional()
  @IsMoment()
  expires_at?: string;
}

export class SubscriptionLimitResponse {
  @ApiProperty({ type: String, enum: [...SUBSCRIPTION_WINDOWS] })
  window: string;

  @ApiProperty({ type: String, format: 'uuid' })
  budget_id: string;

  @ApiProperty({ type: 'integer' })
  limit_micros: number;

  @ApiProperty({ type: 'integer', description: 'Spent, and held for calls under way' })
  used_micros: number;

  @ApiProperty({ type: String, format: 'date-time' })
  resets_at: string;
}

export class SubscriptionResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: String })
  name: string;

  @ApiProperty({ type: String, enum: ['coming', 'active', 'expired', 'ended'] })
  status: string;

  @ApiProperty({ type: String, format: 'date-time' })
  starts_at: string;

  @ApiProperty({ type: String, format: 'date-time' })
  expires_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  ended_at: string | null;

  @ApiProperty({ type: String, example: 'UTC' })
  time_zone: string;

  @ApiProperty({ type: [SubscriptionLimitResponse] })
  limits: SubscriptionLimitResponse[];

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;
}

export class SubscriptionsPageResponse implements Page<SubscriptionResponse> {
  @ApiProperty({ type: [SubscriptionResponse] })
  data: SubscriptionResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toNewSubscription(body: CreateSubscriptionDto): NewSubscription {
  return {
    searchSpaceId: body.search_space_id,
    name: body.name,
    startsAt: typeof body.starts_at === 'string' ? new Date(body.starts_at) : null,
    expiresAt: new Date(body.expires_at),
    timeZone: body.time_zone ?? 'UTC',
    limits: toLimits(body),
  };
}

export function toSubscriptionChanges(body: UpdateSubscriptionDto): SubscriptionChanges {
  return {
    ...(typeof body.name === 'string' && { name: body.name }),
    ...(typeof body.expires_at === 'string' && { expiresAt: new Date(body.expires_at) }),
    limits: toLimits(body),
  };
}

function toLimits(body: LimitsDto): WindowLimits {
  return {
    day: body.day_limit_micros,
    week: body.week_limit_micros,
    month: body.month_limit_micros,
  };
}

export function toSubscriptionResponse(one: ShownSubscription): SubscriptionResponse {
  return {
    id: one.id,
    search_space_id: one.searchSpaceId,
    name: one.name,
    status: toSubscriptionStatus(one, new Date()),
    starts_at: one.startsAt.toISOString(),
    expires_at: one.expiresAt.toISOString(),
    ended_at: one.endedAt?.toISOString() ?? null,
    time_zone: one.timeZone,
    limits: one.limits.map((limit) => ({
      window: limit.window,
      budget_id: limit.budgetId,
      limit_micros: limit.limitMicros,
      used_micros: limit.usedMicros,
      resets_at: limit.resetsAt.toISOString(),
    })),
    created_at: one.createdAt.toISOString(),
  };
}
