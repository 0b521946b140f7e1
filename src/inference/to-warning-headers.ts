import type { ProviderWarning } from '../providers/spec/image-result.js';

/**
 * What of a request the vendor does not know, so that no option is dropped in silence: an answer in OpenAI's form has no
 * place for it but its headers. Names of fields alone, as callers spell them.
 */
export function toWarningHeaders(warnings: readonly ProviderWarning[]): Record<string, string> {
  const fields = warnings.flatMap(({ code, field }) =>
    code === 'unsupported_option' && field ? [field] : [],
  );
  return fields.length === 0 ? {} : { 'x-unsupported-options': [...new Set(fields)].join(', ') };
}
