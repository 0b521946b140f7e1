import { DomainError } from '../../common/domain-error.js';
import type {
  ConnectionChanges,
  ConnectionDraft,
  ConnectionTarget,
} from '../connection-assembler.js';
import { type ConnectionExtra, type KeyHeader, MIDDLING } from '../domain/connection-record.js';
import type {
  ConnectionExtraDto,
  CreateConnectionDto,
  TestConnectionDto,
  UpdateConnectionDto,
} from './connections.dto.js';

const QUERY_NAMES_MAX = 10;
const QUERY_NAME_FORM = /^[A-Za-z0-9_.-]{1,64}$/;
const QUERY_VALUE_FORM = /^[\x21-\x7e]{1,200}$/;
/** Names under which vendors take keys: a query is shown, and is no place for one. */
const SECRET_NAME = /(^|[_.-])(key|token|secret|password|authorization)$|apikey$/i;

export function toConnectionDraft(body: CreateConnectionDto): ConnectionDraft {
  return {
    ...toConnectionTarget(body),
    name: body.name.trim(),
    isEnabled: body.is_enabled ?? true,
    priority: body.priority ?? MIDDLING,
    loadFactor: body.load_factor ?? 1,
    slotsMax: body.slots_max ?? null,
    isPool: body.is_pool ?? false,
    expiresAt: toMoment(body.expires_at) ?? null,
    servesCatalog: body.serves_catalog ?? true,
  };
}

export function toConnectionTarget(body: TestConnectionDto): ConnectionTarget {
  return {
    provider: body.provider,
    baseUrl: body.base_url ?? null,
    apiKey: body.api_key ?? null,
    extra: toExtra(body.extra ?? {}),
  };
}

export function toConnectionChanges(body: UpdateConnectionDto): ConnectionChanges {
  return {
    name: body.name?.trim(),
    baseUrl: body.base_url,
    apiKey: body.api_key,
    extra: body.extra && toExtra(body.extra),
    isEnabled: body.is_enabled,
    priority: body.priority,
    loadFactor: body.load_factor,
    slotsMax: body.slots_max,
    isPool: body.is_pool,
    expiresAt: toMoment(body.expires_at),
    servesCatalog: body.serves_catalog,
  };
}

function toMoment(text: string | null | undefined): Date | null | undefined {
  return text === null || text === undefined ? text : new Date(text);
}

function toExtra({
  key_header: keyHeader,
  organization,
  project,
  query,
}: ConnectionExtraDto): ConnectionExtra {
  return {
    ...(keyHeader && { keyHeader: keyHeader as KeyHeader }),
    ...(organization && { organization }),
    ...(project && { project }),
    ...(query && { query: toQuery(query) }),
  };
}

function toQuery(given: Record<string, unknown>): Record<string, string> {
  const entries = Object.entries(given);
  if (entries.length > QUERY_NAMES_MAX) {
    throw DomainError.invalid('extra.query', `must have at most ${QUERY_NAMES_MAX} names`);
  }
  for (const [name, value] of entries) {
    const field = `extra.query.${name.slice(0, 64)}`;
    if (!QUERY_NAME_FORM.test(name)) {
      throw DomainError.invalid(
        'extra.query',
        'must have names of 1 to 64 of A-Z, a-z, 0-9, _ . -',
      );
    }
    if (SECRET_NAME.test(name)) {
      throw DomainError.invalid(field, 'is named like a secret: put the key into api_key');
    }
    if (typeof value !== 'string' || !QUERY_VALUE_FORM.test(value)) {
      throw DomainError.invalid(field, 'must be a printable text of 1 to 200 without spaces');
    }
  }
  return Object.fromEntries(entries) as Record<string, string>;
}
