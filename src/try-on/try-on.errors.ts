import { DomainError } from '../common/domain-error.js';

/** Of the native route: a request says by itself why the person may be shown. */
export function consentMissing(): DomainError {
  return new DomainError(
    'try_on.consent_required',
    'consent is missing: say whose picture the person is and by what right you use it, as ' +
      '{"subject": "third_party", "basis": "model_release"}.',
    { fields: [{ field: 'consent', message: 'is missing' }] },
  );
}

/** Of the façade, whose clients know no consent. */
export function declarationMissing(searchSpaceId: string): DomainError {
  return new DomainError(
    'try_on.consent_required',
    'The search space does not declare that the persons in its pictures agreed. Send consent with the request, or ' +
      `declare it once: PUT /api/v1/search-spaces/${searchSpaceId}/try-on-consent.`,
  );
}

export function tooManyTryOns(limit: number, retryAfterS: number): DomainError {
  return new DomainError(
    'request.throttled',
    `This user has asked for more than ${limit} try-ons in a minute. Wait ${retryAfterS} s.`,
    { retryAfterS },
  );
}
