import type { EntityManager } from 'typeorm';
import type { ErrorRule } from '../domain/error-rule.js';
import { ErrorRulesRepository } from '../domain/error-rules.repository.port.js';
import { type ErrorRuleRow, toErrorRule } from './error-rule-row.js';

const INSERT = `
  INSERT INTO error_rules (id, name, is_enabled, priority, error_codes, keywords, match_mode, providers,
                           response_code, custom_message, skip_monitoring, description, updated_at,
                           created_by, created_at)
  VALUES ($1, $2, $3, $4, $5::integer[], $6::text[], $7, $8::text[], $9, $10, $11, $12, $13, $14, $15)`;

const UPDATE = `
  UPDATE error_rules
     SET name = $2, is_enabled = $3, priority = $4, error_codes = $5::integer[], keywords = $6::text[],
         match_mode = $7, providers = $8::text[], response_code = $9, custom_message = $10,
         skip_monitoring = $11, description = $12, updated_at = $13
   WHERE id = $1`;

export class TypeormErrorRulesRepository extends ErrorRulesRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async lock(): Promise<ErrorRule[]> {
    await this.manager.query('SELECT revision FROM error_rules_state FOR UPDATE');
    const rows = await this.manager.query<{ rule: ErrorRuleRow }[]>(
      'SELECT to_jsonb(r) AS rule FROM error_rules r ORDER BY r.id',
    );
    return rows.map(({ rule }) => toErrorRule(rule));
  }

  async add(rule: ErrorRule): Promise<void> {
    await this.manager.query(INSERT, [...toValues(rule), rule.createdBy, rule.createdAt]);
  }

  async update(rule: ErrorRule): Promise<void> {
    await this.manager.query(UPDATE, toValues(rule));
  }

  async remove(id: string): Promise<void> {
    await this.manager.query('DELETE FROM error_rules WHERE id = $1', [id]);
  }
}

function toValues(rule: ErrorRule): unknown[] {
  return [
    rule.id,
    rule.name,
    rule.isEnabled,
    rule.priority,
    rule.errorCodes,
    rule.keywords,
    rule.matchMode,
    rule.providers,
    rule.responseStatus,
    rule.customMessage,
    rule.skipsMonitoring,
    rule.description,
    rule.updatedAt,
  ];
}
