import { DomainError } from './domain-error.js';
import { isId } from './ids.js';

export const PAGE_LIMIT_DEFAULT = 50;
export const PAGE_LIMIT_MAX = 100;

/** One page of a list, newest first unless the list says otherwise. `next_cursor` null = the last page. */
export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

export interface PageRequest {
  /** 1–100. */
  limit: number;
  /** Id of the last row of the page before; null for the first page. */
  after: string | null;
}

const CURSOR_FORM = /^[A-Za-z0-9_-]{1,200}$/;

/** Makes the opaque cursor of a page that ended with this id. */
export function encodeCursor(id: string): string {
  return Buffer.from(id, 'utf8').toString('base64url');
}

/** @throws DomainError `request.invalid` naming the field when a value is out of its form. */
export function toPageRequest(query: { limit?: unknown; cursor?: unknown }): PageRequest {
  return { limit: toLimit(query.limit), after: toAfter(query.cursor) };
}

/** The same for a list whose rows are found by a UUID: a cursor that holds none is refused before the database is. */
export function toIdPageRequest(query: { limit?: unknown; cursor?: unknown }): PageRequest {
  const page = toPageRequest(query);
  if (page.after !== null && !isId(page.after)) {
    throw DomainError.invalid('cursor', 'must be the next_cursor of the page before');
  }
  return page;
}

/** Cuts a list that was read with one row more than asked for. */
export function toPage<T extends { id: string }>(rows: T[], limit: number): Page<T> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, next_cursor: rows.length > limit && last ? encodeCursor(last.id) : null };
}

function toLimit(value: unknown): number {
  if (value === undefined) return PAGE_LIMIT_DEFAULT;
  const limit = Number(value);
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_LIMIT_MAX) {
    throw DomainError.invalid('limit', `must be a whole number from 1 to ${PAGE_LIMIT_MAX}`);
  }
  return limit;
}

function toAfter(value: unknown): string | null {
  if (value === undefined) return null;
  if (typeof value !== 'string' || !CURSOR_FORM.test(value)) {
    throw DomainError.invalid('cursor', 'must be the next_cursor of the page before');
  }
  return Buffer.from(value, 'base64url').toString('utf8');
}
