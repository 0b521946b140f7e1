import { DomainError } from '../../common/domain-error.js';
import type { ProviderDraft } from './identity-provider.js';

const ISSUER_URL_LENGTH_MAX = 1_000;
const DOMAIN_FORM = /^(?=.{3,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/;
const SCOPE_FORM = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/;

/** @throws DomainError `request.invalid` naming the field */
export function assertProvider(
  draft: Pick<ProviderDraft, 'issuerUrl' | 'scopes' | 'domains'>,
): void {
  assertIssuerUrl(draft.issuerUrl);
  const scope = draft.scopes.find((one) => !SCOPE_FORM.test(one));
  if (scope !== undefined) throw DomainError.invalid('scopes', 'must be scopes without spaces');
  if (!draft.scopes.includes('openid')) throw DomainError.invalid('scopes', 'must include openid');
  const domain = draft.domains.find((one) => !DOMAIN_FORM.test(one));
  if (domain !== undefined) {
    throw DomainError.invalid('domains', 'must be domain names such as example.com');
  }
}

/** An issuer is compared letter by letter, so it must be written as the issuer writes it. */
function assertIssuerUrl(text: string): void {
  const url = text.length <= ISSUER_URL_LENGTH_MAX && URL.canParse(text) ? new URL(text) : null;
  const isIssuer =
    url !== null &&
    ['https:', 'http:'].includes(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    !/[?#\s]/.test(text);
  if (!isIssuer) {
    throw DomainError.invalid('issuer_url', 'must be an https URL without query or credentials');
  }
  if (url.pathname.includes('/.well-known/')) {
    throw DomainError.invalid(
      'issuer_url',
      'must be the issuer itself, without /.well-known/openid-configuration',
    );
  }
}
