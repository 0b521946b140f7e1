export const MATCH_MODES = ['any', 'all'] as const;
/** any: a status or a keyword of its lists; all: one of each list that is not empty. */
export type MatchMode = (typeof MATCH_MODES)[number];

/** What callers are told of failures that match, in place of the failure's own face and words. */
export interface ErrorRule {
  id: string;
  /** No two have the same. */
  name: string;
  isEnabled: boolean;
  /** Lower ones are tried first; of the same the older one. */
  priority: number;
  /** HTTP statuses of the vendor. */
  errorCodes: readonly number[];
  /** Found anywhere in the vendor's words, in capitals or not. With no error codes there is at least one. */
  keywords: readonly string[];
  matchMode: MatchMode;
  /** Empty = every one. */
  providers: readonly string[];
  /** HTTP status of the answer, 400 to 599; null = the vendor's own. */
  responseStatus: number | null;
  /** Null = the vendor's own words. */
  customMessage: string | null;
  /** Whether failures that match count neither in figures nor for the breaker. */
  skipsMonitoring: boolean;
  description: string | null;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

/** Of an installation: every process keeps all of them. */
export const ERROR_RULES_MAX = 200;
export const ERROR_CODES_MAX = 50;
/** A redirect is a failure too. */
export const ERROR_CODE_MIN = 300;
export const ERROR_CODE_MAX = 599;
export const KEYWORDS_MAX = 50;
export const KEYWORD_LENGTH_MAX = 200;
export const RULE_PROVIDERS_MAX = 20;
export const RULE_NAME_LENGTH_MAX = 100;
export const RULE_PRIORITY_MAX = 10_000;
export const RESPONSE_STATUS_MIN = 400;
export const RESPONSE_STATUS_MAX = 599;
export const CUSTOM_MESSAGE_LENGTH_MAX = 500;
export const RULE_DESCRIPTION_LENGTH_MAX = 500;
