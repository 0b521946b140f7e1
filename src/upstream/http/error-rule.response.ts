import { ApiProperty } from '@nestjs/swagger';
import type { Page } from '../../common/page.js';
import { type ErrorRule, MATCH_MODES } from '../domain/error-rule.js';

export class ErrorRuleResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String })
  name: string;

  @ApiProperty({ type: Boolean })
  enabled: boolean;

  @ApiProperty({ type: 'integer' })
  priority: number;

  @ApiProperty({ type: [Number] })
  error_codes: readonly number[];

  @ApiProperty({ type: [String] })
  keywords: readonly string[];

  @ApiProperty({ type: String, enum: MATCH_MODES })
  match_mode: string;

  @ApiProperty({ type: [String] })
  providers: readonly string[];

  @ApiProperty({ type: 'integer', nullable: true })
  response_code: number | null;

  @ApiProperty({ type: String, nullable: true })
  custom_message: string | null;

  @ApiProperty({ type: Boolean })
  skip_monitoring: boolean;

  @ApiProperty({ type: String, nullable: true })
  description: string | null;

  @ApiProperty({ type: String, format: 'uuid' })
  created_by: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at: string;
}

export class ErrorRulesPageResponse implements Page<ErrorRuleResponse> {
  @ApiProperty({ type: [ErrorRuleResponse] })
  data: ErrorRuleResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toErrorRuleResponse(rule: ErrorRule): ErrorRuleResponse {
  return {
    id: rule.id,
    name: rule.name,
    enabled: rule.isEnabled,
    priority: rule.priority,
    error_codes: rule.errorCodes,
    keywords: rule.keywords,
    match_mode: rule.matchMode,
    providers: rule.providers,
    response_code: rule.responseStatus,
    custom_message: rule.customMessage,
    skip_monitoring: rule.skipsMonitoring,
    description: rule.description,
    created_by: rule.createdBy,
    created_at: rule.createdAt.toISOString(),
    updated_at: rule.updatedAt.toISOString(),
  };
}
