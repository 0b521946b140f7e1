import { DomainError } from '../common/domain-error.js';
import type { AddressRule } from './address-rule.js';

/** Why a URL is refused before anything is sent to its host. */
export type UrlRule = 'malformed' | 'too_long' | 'scheme' | 'credentials' | 'name' | AddressRule;

/** Why a permitted fetch brought nothing. */
export type FetchFault =
  | 'host_unknown'
  | 'unreachable'
  | 'timeout'
  | 'too_large'
  | 'too_many_redirects'
  | 'redirect_malformed'
  | 'encoding_unknown'
  | 'cut_off';

const SENTENCE_OF_RULE: Readonly<Record<UrlRule, string>> = {
  malformed: 'The URL cannot be read; give an absolute http or https URL.',
  too_long: 'The URL is too long.',
  scheme: 'Only http and https URLs are fetched.',
  credentials: 'A URL with a user name or password in it is not fetched.',
  name: 'The host name of the URL is one of a private network.',
  loopback: 'The host of the URL is this machine itself.',
  private: 'The host of the URL is in a private network.',
  shared: 'The host of the URL is in a shared provider network (RFC 6598).',
  link_local: 'The host of the URL is link-local.',
  metadata: 'The host of the URL is a cloud metadata service.',
  multicast: 'The host of the URL is a multicast or broadcast address.',
  unspecified: 'The host of the URL is the unspecified address.',
  reserved: 'The host of the URL is in a reserved address range.',
};

const SENTENCE_OF_FAULT: Readonly<Record<FetchFault, string>> = {
  host_unknown: 'The host name of the URL is not known.',
  unreachable: 'The host of the URL could not be reached.',
  timeout: 'The host of the URL did not answer in time.',
  too_large: 'What the URL holds is larger than permitted.',
  too_many_redirects: 'The URL redirects too often.',
  redirect_malformed: 'The URL redirects to no readable address.',
  encoding_unknown: 'The host of the URL answers in an unknown encoding.',
  cut_off: 'The host of the URL broke the answer off.',
};

/** Rules that no setting lifts: they are about the URL, not about where its host is. */
const FIXED_RULES: ReadonlySet<UrlRule> = new Set([
  'malformed',
  'too_long',
  'scheme',
  'credentials',
]);

/** `outbound.url_refused`: names the rule and, where one can help, the operator's setting. Never an address. */
export function urlRefused(rule: UrlRule): DomainError {
  const isFixed = FIXED_RULES.has(rule);
  const advice = isFixed ? '' : ' An operator can permit the host with OUTBOUND_ALLOW.';
  return new DomainError('outbound.url_refused', SENTENCE_OF_RULE[rule] + advice, {
    details: isFixed ? { rule } : { rule, setting: 'OUTBOUND_ALLOW' },
  });
}

/** `outbound.fetch_failed`: the cause is for the log only. */
export function fetchFailed(reason: FetchFault, cause?: unknown): DomainError {
  return new DomainError('outbound.fetch_failed', SENTENCE_OF_FAULT[reason], {
    details: { reason },
    cause,
  });
}
