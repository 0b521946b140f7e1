import type { Consent, Declaration } from '../domain/consent.js';

export const CONSENT_COLUMNS = `id, search_space_id, generation_id, subject, basis, reference, obtained_at, end_user_id,
  person_sha256, given_by, api_key_id, text_version, declared_by, declared_at, created_at, withdrawn_at, withdrawn_by`;

export const DECLARATION_COLUMNS = 'search_space_id, text_version, declared_by, declared_at';

export interface ConsentRow {
  id: string;
  search_space_id: string;
  generation_id: string;
  subject: Consent['subject'];
  basis: string;
  reference: string | null;
  obtained_at: Date | null;
  end_user_id: string | null;
  person_sha256: string;
  given_by: string;
  api_key_id: string | null;
  text_version: string | null;
  declared_by: string | null;
  declared_at: Date | null;
  created_at: Date;
  withdrawn_at: Date | null;
  withdrawn_by: string | null;
}

export interface DeclarationRow {
  search_space_id: string;
  text_version: string;
  declared_by: string;
  declared_at: Date;
}

export function toConsent(row: ConsentRow): Consent {
  return {
    id: row.id,
    searchSpaceId: row.search_space_id,
    generationId: row.generation_id,
    subject: row.subject,
    basis: row.basis,
    reference: row.reference,
    obtainedAt: row.obtained_at,
    endUserId: row.end_user_id,
    personSha256: row.person_sha256,
    givenBy: row.given_by,
    apiKeyId: row.api_key_id,
    textVersion: row.text_version,
    declaredBy: row.declared_by,
    declaredAt: row.declared_at,
    createdAt: row.created_at,
    withdrawnAt: row.withdrawn_at,
    withdrawnBy: row.withdrawn_by,
  };
}

export function toDeclaration(row: DeclarationRow): Declaration {
  return {
    searchSpaceId: row.search_space_id,
    textVersion: row.text_version,
    declaredBy: row.declared_by,
    declaredAt: row.declared_at,
  };
}
