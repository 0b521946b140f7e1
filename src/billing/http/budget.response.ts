import { ApiProperty } from '@nestjs/swagger';
import { encodeCursor, type Page } from '../../common/page.js';
import {
  type Budget,
  BUDGET_MODES,
  BUDGET_PERIODS,
  BUDGET_SCOPES,
  type ClosedPeriod,
  findResetsAt,
  NIL_ID,
  toRemaining,
} from '../domain/budget.js';

export class BudgetResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, example: 'Marketing, monthly' })
  name: string;

  @ApiProperty({ type: String, enum: BUDGET_SCOPES })
  scope: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'null: all spaces' })
  search_space_id: string | null;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'Whom it counts for: a space, user or API key; null: everybody',
  })
  subject_id: string | null;

  @ApiProperty({ type: String, enum: BUDGET_MODES })
  mode: string;

  @ApiProperty({ type: String, enum: BUDGET_PERIODS })
  period: string;

  @ApiProperty({ type: String, example: 'Europe/Berlin' })
  time_zone: string;

  @ApiProperty({ type: 'integer', example: 50_000_000 })
  limit_micros: number;

  @ApiProperty({ type: 'integer', description: 'Added to the limit in this period, from the last' })
  carried_micros: number;

  @ApiProperty({ type: 'integer', description: 'In this period' })
  spent_micros: number;

  @ApiProperty({ type: 'integer', description: 'By calls under way' })
  held_micros: number;

  @ApiProperty({ type: 'integer', description: 'What a call may still cost' })
  remaining_micros: number;

  @ApiProperty({ type: [Number], example: [80, 100] })
  thresholds: number[];

  @ApiProperty({ type: 'integer' })
  rollover_percent: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  ends_at: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'null: a window that opens with the next call',
  })
  period_start: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  period_end: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When there is more again by itself; null: never, or when nothing is used',
  })
  resets_at: string | null;

  @ApiProperty({ type: String, enum: ['operator', 'space'], description: 'Who may change it' })
  managed_by: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  created_by: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;
}

export class BudgetsPageResponse implements Page<BudgetResponse> {
  @ApiProperty({ type: [BudgetResponse] })
  data: BudgetResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export class ClosedPeriodResponse {
  @ApiProperty({ type: String, format: 'date-time' })
  period_start: string;

  @ApiProperty({ type: String, format: 'date-time' })
  period_end: string;

  @ApiProperty({ type: 'integer' })
  limit_micros: number;

  @ApiProperty({ type: 'integer' })
  carried_micros: number;

  @ApiProperty({ type: 'integer' })
  spent_micros: number;

  @ApiProperty({ type: 'integer', description: 'By its calls that are still under way' })
  held_micros: number;
}

export class ClosedPeriodsPageResponse implements Page<ClosedPeriodResponse> {
  @ApiProperty({ type: [ClosedPeriodResponse] })
  data: ClosedPeriodResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toBudgetResponse(budget: Budget): BudgetResponse {
  return {
    id: budget.id,
    name: budget.name,
    scope: budget.scope,
    search_space_id: budget.searchSpaceId,
    subject_id: budget.subjectId === NIL_ID ? null : budget.subjectId,
    mode: budget.mode,
    period: budget.period,
    time_zone: budget.timeZone,
    limit_micros: budget.limitMicros,
    carried_micros: budget.carriedMicros,
    spent_micros: budget.spentMicros,
    held_micros: budget.heldMicros,
    remaining_micros: toRemaining(budget),
    thresholds: [...budget.thresholds],
    rollover_percent: budget.rolloverPercent,
    ends_at: toText(budget.endsAt),
    period_start: toText(budget.periodStart),
    period_end: toText(budget.periodEnd),
    resets_at: toText(findResetsAt(budget)),
    managed_by: budget.managedBy,
    created_by: budget.createdBy,
    created_at: budget.createdAt.toISOString(),
  };
}

/** Cuts a list that was read with one row more than asked for. */
export function toClosedPeriodsPage(
  periods: readonly ClosedPeriod[],
  limit: number,
): ClosedPeriodsPageResponse {
  const data = periods.slice(0, limit).map((period) => ({
    period_start: period.startsAt.toISOString(),
    period_end: period.endsAt.toISOString(),
    limit_micros: period.limitMicros,
    carried_micros: period.carriedMicros,
    spent_micros: period.spentMicros,
    held_micros: period.heldMicros,
  }));
  const last = data.at(-1);
  return {
    data,
    next_cursor: periods.length > limit && last ? encodeCursor(last.period_start) : null,
  };
}

export function toText(moment: Date | null): string | null {
  return moment?.toISOString() ?? null;
}
