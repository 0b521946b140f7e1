/** An error rule that matches what its lists say. */
import { newId } from '../../src/common/ids.js';
import type { ErrorRule } from '../../src/upstream/domain/error-rule.js';

export function makeErrorRule(more: Partial<ErrorRule> = {}): ErrorRule {
  const id = newId();
  const at = new Date(0);
  return {
    id,
    name: id,
    isEnabled: true,
    priority: 100,
    errorCodes: [],
    keywords: [],
    matchMode: 'any',
    providers: [],
    responseStatus: null,
    customMessage: null,
    skipsMonitoring: false,
    description: null,
    createdBy: newId(),
    createdAt: at,
    updatedAt: at,
    ...more,
  };
}
