import { ApiProperty } from '@nestjs/swagger';
import { type BudgetStatus, toBudgetTotals } from '../domain/budget-status.js';
import { BudgetResponse, toBudgetResponse } from './budget.response.js';

export class BudgetStatusResponse extends BudgetResponse {
  @ApiProperty({ type: 'integer', description: 'Spent and held, of limit and carried' })
  used_percent: number;

  @ApiProperty({ type: Boolean, description: 'Nothing is left' })
  is_exhausted: boolean;

  @ApiProperty({ type: Boolean, description: 'Its end is over: a hard one refuses everything' })
  is_ended: boolean;

  @ApiProperty({ type: Boolean, description: 'Its first threshold is reached' })
  is_warning: boolean;

  @ApiProperty({ type: 'integer', nullable: true, description: 'A begun day counts; null: no end' })
  days_remaining: number | null;

  @ApiProperty({ type: 'integer', description: 'Spent, by the days of the period so far (≥ 1)' })
  daily_burn_rate_micros: number;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Spent at the end of the period at this rate; null: no end',
  })
  projected_spend_micros: number | null;
}

export class BudgetStatusesResponse {
  @ApiProperty({ type: 'integer' })
  total_budgets: number;

  @ApiProperty({ type: 'integer', description: 'Not ended' })
  active_budgets: number;

  @ApiProperty({ type: 'integer' })
  exceeded_budgets: number;

  @ApiProperty({ type: 'integer' })
  warning_budgets: number;

  @ApiProperty({ type: 'integer', description: 'A micro under two budgets counts in both' })
  total_limit_micros: number;

  @ApiProperty({ type: 'integer' })
  total_usage_micros: number;

  @ApiProperty({ type: 'integer' })
  total_remaining_micros: number;

  @ApiProperty({ type: 'integer' })
  overall_usage_percent: number;

  @ApiProperty({ type: [BudgetStatusResponse] })
  budgets: BudgetStatusResponse[];
}

export class BudgetStatusAnswer {
  @ApiProperty({ type: String, enum: ['budget_status'] })
  object: string;

  @ApiProperty({ type: BudgetStatusesResponse })
  data: BudgetStatusesResponse;
}

export function toBudgetStatusAnswer(statuses: readonly BudgetStatus[]): BudgetStatusAnswer {
  const totals = toBudgetTotals(statuses);
  return {
    object: 'budget_status',
    data: {
      total_budgets: totals.budgets,
      active_budgets: totals.active,
      exceeded_budgets: totals.exceeded,
      warning_budgets: totals.warning,
      total_limit_micros: totals.limitMicros,
      total_usage_micros: totals.usedMicros,
      total_remaining_micros: totals.remainingMicros,
      overall_usage_percent: totals.usedPercent,
      budgets: statuses.map(toBudgetStatusResponse),
    },
  };
}

function toBudgetStatusResponse(status: BudgetStatus): BudgetStatusResponse {
  return {
    ...toBudgetResponse(status.budget),
    used_percent: status.usedPercent,
    is_exhausted: status.isExhausted,
    is_ended: status.isEnded,
    is_warning: status.isWarning,
    days_remaining: status.daysRemaining,
    daily_burn_rate_micros: status.dailyBurnRateMicros,
    projected_spend_micros: status.projectedSpendMicros,
  };
}
