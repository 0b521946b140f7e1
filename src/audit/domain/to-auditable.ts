import { REDACTED, redact } from '../../common/redact.js';
import type { AuditState } from './audit-event.js';

/** Fields whose value is a secret whatever it looks like. */
const SECRET_NAME =
  /(^|_)(password|passphrase|secret|token|hash|key|credentials?|authorization|code)$/i;
/** Named like secrets, and none. */
const HARMLESS_NAMES: ReadonlySet<string> = new Set(['error_code', 'status_code']);
const TEXT_LENGTH_MAX = 1_000;
const LIST_LENGTH_MAX = 200;
const DEPTH_MAX = 4;
const CUT = '…';

/** A state as it may be kept for ever: secrets out, every text, list and depth bounded. */
export function toAuditable(state: AuditState): AuditState {
  return toBounded(state, DEPTH_MAX) as AuditState;
}

function toBounded(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return toText(value);
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (depth === 0) return CUT;
  if (Array.isArray(value)) {
    return value.slice(0, LIST_LENGTH_MAX).map((item) => toBounded(item, depth - 1));
  }
  const fields = Object.entries(value).slice(0, LIST_LENGTH_MAX);
  return Object.fromEntries(
    fields.map(([name, field]) => [
      name,
      isSecret(name, field) ? REDACTED : toBounded(field, depth - 1),
    ]),
  );
}

function isSecret(name: string, value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'boolean') return false;
  const snake = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2');
  return SECRET_NAME.test(snake) && !HARMLESS_NAMES.has(snake.toLowerCase());
}

function toText(text: string): string {
  const clean = redact(text).replaceAll('\0', '');
  return clean.length > TEXT_LENGTH_MAX ? `${clean.slice(0, TEXT_LENGTH_MAX)}${CUT}` : clean;
}
