import { ApiProperty } from '@nestjs/swagger';
import {
  type Budget,
  findResetsAt,
  SPEND_WINDOWS,
  toAllowance,
  toRemaining,
} from '../domain/budget.js';
import type { KeyBudgets } from '../domain/key-budgets.js';
import { toText } from './budget.response.js';

export class KeyQuotaResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  budget_id: string;

  @ApiProperty({ type: 'integer', example: 5_000_000 })
  limit_micros: number;

  @ApiProperty({ type: 'integer', description: 'Spent, and held by calls under way' })
  used_micros: number;

  @ApiProperty({ type: 'integer' })
  remaining_micros: number;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'null: never, or the window opens with the next call',
  })
  resets_at: string | null;
}

export class KeySpendWindowResponse extends KeyQuotaResponse {
  @ApiProperty({ type: String, enum: SPEND_WINDOWS })
  period: string;
}

export class KeyBudgetsResponse {
  @ApiProperty({ type: KeyQuotaResponse, nullable: true, description: 'null: none is set' })
  quota: KeyQuotaResponse | null;

  @ApiProperty({ type: [KeySpendWindowResponse], description: 'Empty: none are set' })
  spend_windows: KeySpendWindowResponse[];
}

export function toKeyBudgetsResponse({ quota, windows }: KeyBudgets): KeyBudgetsResponse {
  return {
    quota: quota && toQuota(quota),
    spend_windows: windows.map((window) => ({ period: window.period, ...toQuota(window) })),
  };
}

function toQuota(budget: Budget): KeyQuotaResponse {
  return {
    budget_id: budget.id,
    limit_micros: toAllowance(budget),
    used_micros: budget.spentMicros + budget.heldMicros,
    remaining_micros: toRemaining(budget),
    resets_at: toText(findResetsAt(budget)),
  };
}
