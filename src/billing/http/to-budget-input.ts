import { toMicros } from '../../common/micros.js';
import type { BudgetChanges, BudgetInput } from '../budgets.service.js';
import { DEFAULT_THRESHOLDS } from '../domain/budget.js';
import type { BudgetFilter } from '../domain/budgets.reader.port.js';
import type { KeyLimits } from '../key-budgets.service.js';
import type {
  CreateBudgetDto,
  KeyLimitsDto,
  ListBudgetsDto,
  UpdateBudgetDto,
} from './budgets.dto.js';

export function toBudgetInput(body: CreateBudgetDto): BudgetInput {
  return {
    name: body.name,
    scope: body.scope,
    searchSpaceId: body.search_space_id,
    userId: body.user_id,
    apiKeyId: body.api_key_id,
    mode: body.mode ?? 'hard',
    period: body.period,
    timeZone: body.time_zone,
    limitMicros: toMicros(body.limit_micros),
    thresholds: body.thresholds ?? DEFAULT_THRESHOLDS,
    rolloverPercent: body.rollover_percent ?? 0,
    isRenewing: body.auto_renew ?? true,
    endsAt: body.ends_at ? new Date(body.ends_at) : null,
  };
}

export function toBudgetChanges(body: UpdateBudgetDto): BudgetChanges {
  return {
    name: body.name,
    mode: body.mode,
    limitMicros: body.limit_micros === undefined ? undefined : toMicros(body.limit_micros),
    thresholds: body.thresholds,
    endsAt: body.ends_at ? new Date(body.ends_at) : (body.ends_at as null | undefined),
  };
}

export function toBudgetFilter(query: ListBudgetsDto): BudgetFilter {
  return {
    scope: query.scope ?? null,
    searchSpaceId: query.search_space_id ?? null,
    subjectId: query.subject_id ?? null,
  };
}

export function toKeyLimits(body: KeyLimitsDto): KeyLimits {
  return {
    total: toLimit(body.quota_micros),
    '5h': toLimit(body.spend_5h_micros),
    '1d': toLimit(body.spend_1d_micros),
    '7d': toLimit(body.spend_7d_micros),
  };
}

function toLimit(value: number | null | undefined) {
  return value === null || value === undefined ? value : toMicros(value);
}
