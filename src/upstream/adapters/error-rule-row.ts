import type { ErrorRule, MatchMode } from '../domain/error-rule.js';

/** A row as `to_jsonb` writes it: times are text. */
export interface ErrorRuleRow {
  id: string;
  name: string;
  is_enabled: boolean;
  priority: number;
  error_codes: number[];
  keywords: string[];
  match_mode: MatchMode;
  providers: string[];
  response_code: number | null;
  custom_message: string | null;
  skip_monitoring: boolean;
  description: string | null;
  created_by: string;
  created_at: string;
  updated_at: string;
}

export function toErrorRule(row: ErrorRuleRow): ErrorRule {
  return {
    id: row.id,
    name: row.name,
    isEnabled: row.is_enabled,
    priority: row.priority,
    errorCodes: row.error_codes,
    keywords: row.keywords,
    matchMode: row.match_mode,
    providers: row.providers,
    responseStatus: row.response_code,
    customMessage: row.custom_message,
    skipsMonitoring: row.skip_monitoring,
    description: row.description,
    createdBy: row.created_by,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  };
}
