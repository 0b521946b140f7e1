import { BackendFault, BackendRefusal, OtherUserError } from './backend-fault.js';

/** A reply within its bounds, not yet believed. */
export interface BackendAnswer {
  status: number;
  body: string;
}

export interface Credits {
  hasCredits: boolean;
  /** Whole credits. */
  available: number;
}

const STATUS_SUCCESS_MIN = 200;
const STATUS_SUCCESS_MAX = 299;
const STATUS_SERVER_ERROR_MIN = 500;
const STATUS_UNAUTHORIZED = 401;
const STATUS_CONFLICT = 409;
/** How backends say that a user or key is not theirs. */
const NOT_THEIRS: ReadonlySet<number> = new Set([400, STATUS_UNAUTHORIZED, 403, 404, 422]);
/** What some backends write besides the status; one that is there and not true is a no. */
const FLAGS = ['valid', 'is_valid', 'verified', 'authenticated', 'success'] as const;
const DECIMAL_FORM = /^\d{1,15}(\.\d{1,9})?$/;

/**
 * Whether the backend vouches for the user. Only a success that does not contradict itself is a yes.
 * @throws BackendFault, BackendRefusal, OtherUserError when it is neither yes nor no.
 */
export function readVerdict(answer: BackendAnswer, userId: string): boolean {
  if (NOT_THEIRS.has(answer.status)) return false;
  const fields = readSuccess(answer, userId);
  return FLAGS.every((flag) => fields[flag] === undefined || fields[flag] === true);
}

/**
 * What the user may still spend; null when the backend does not know the user (any more).
 * @throws BackendFault, BackendRefusal, OtherUserError
 */
export function readCredits(answer: BackendAnswer, userId: string): Credits | null {
  if (NOT_THEIRS.has(answer.status)) return null;
  const { has_credits: hasCredits, available_credits: written } = readSuccess(answer, userId);
  if (typeof hasCredits !== 'boolean') throw new BackendFault('malformed');
  return { hasCredits, available: Math.floor(toAmount(written)) };
}

/**
 * That a report was taken, or had been taken before.
 * @throws BackendFault, BackendRefusal
 */
export function assertTaken({ status }: BackendAnswer): void {
  if (isSuccess(status) || status === STATUS_CONFLICT) return;
  throw toThrown(status);
}

function readSuccess(answer: BackendAnswer, userId: string): Record<string, unknown> {
  if (!isSuccess(answer.status)) throw toThrown(answer.status);
  const fields = parseObject(answer.body);
  // An answer about somebody else vouches for nobody.
  const about = fields.user_id;
  const isAboutUser = about === userId || (typeof about === 'number' && String(about) === userId);
  if (about !== undefined && !isAboutUser) throw new OtherUserError();
  return fields;
}

function isSuccess(status: number): boolean {
  return status >= STATUS_SUCCESS_MIN && status <= STATUS_SUCCESS_MAX;
}

function toThrown(status: number): Error {
  return status >= STATUS_SERVER_ERROR_MIN
    ? new BackendFault('server_error')
    : new BackendRefusal(status);
}

function parseObject(body: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (error) {
    throw new BackendFault('malformed', error);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new BackendFault('malformed');
  }
  return parsed as Record<string, unknown>;
}

/** A number, or the text some frameworks write decimals as. */
function toAmount(written: unknown): number {
  const isText = typeof written === 'string' && DECIMAL_FORM.test(written);
  const amount = isText ? Number(written) : written;
  if (typeof amount !== 'number' || !Number.isFinite(amount) || amount < 0) {
    throw new BackendFault('malformed');
  }
  return Math.min(amount, Number.MAX_SAFE_INTEGER);
}
