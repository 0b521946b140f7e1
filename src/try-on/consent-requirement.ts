import { Injectable, type OnModuleInit } from '@nestjs/common';
import { assert } from '../common/assert.js';
import { newId } from '../common/ids.js';
import { AppConfig } from '../config/app-config.js';
import { type AdmissionPart, AdmissionParts } from '../generations/admission-parts.js';
import type { Asking } from '../generations/asking.js';
import type { Generation } from '../generations/domain/generation.js';
import type { GenerationRequest } from '../generations/domain/generation-request.js';
import { CONSENT_BASES, type ConsentStatement } from '../generations/domain/try-on.js';
import type { PreparedInput } from '../generations/generation-inputs.js';
import type { Consent, Declaration } from './domain/consent.js';
import { ConsentsReader } from './domain/consents.reader.port.js';
import { consentMissing, declarationMissing } from './try-on.errors.js';

/** The façade's scope of idempotency keys: there a space's declaration may stand for a request's own consent. */
export const FACADE_ROUTE = 'POST /api/v1/create-image';
const END_USER_CHARS_MAX = 200;

type Ground = { statement: ConsentStatement } | { declaration: Declaration };

/** No try-on without a reason why the person may be shown; the reason is admitted in one step with the try-on. */
@Injectable()
export class ConsentRequirement implements OnModuleInit {
  constructor(
    private readonly config: AppConfig,
    private readonly parts: AdmissionParts,
    private readonly consents: ConsentsReader,
  ) {}

  onModuleInit(): void {
    this.parts.register((request, asking) => this.open(request, asking));
  }

  /** @throws DomainError `try_on.consent_required` */
  private async open(request: GenerationRequest, asking: Asking): Promise<AdmissionPart | null> {
    if (request.operation !== 'try_on') return null;
    const ground = await this.findGround(request, asking);
    if (!ground) {
      if (!this.config.tryOn.isConsentRequired) return null;
      throw asking.route === FACADE_ROUTE
        ? declarationMissing(request.searchSpaceId)
        : consentMissing();
    }
    return {
      key: 'try_on_consent',
      build: (generation, inputs) => toMember(ground, generation, inputs),
    };
  }

  private async findGround(request: GenerationRequest, { route }: Asking): Promise<Ground | null> {
    if (request.consent) return { statement: request.consent };
    if (request.retriedFrom !== undefined) {
      const first = await this.consents.findOfGeneration(request.retriedFrom);
      return first && first.withdrawnAt === null ? toGround(first) : null;
    }
    if (route !== FACADE_ROUTE) return null;
    const declaration = await this.consents.findDeclaration(request.searchSpaceId);
    return declaration && { declaration };
  }
}

/** What is tried again is so on the ground that it had. */
function toGround({ searchSpaceId, subject, basis, ...told }: Consent): Ground {
  const { reference, obtainedAt, textVersion, declaredBy, declaredAt } = told;
  if (textVersion !== null && declaredBy !== null && declaredAt !== null) {
    return { declaration: { searchSpaceId, textVersion, declaredBy, declaredAt } };
  }
  const known = CONSENT_BASES.find((one) => one === basis);
  assert(subject && known, 'a consent says neither whose picture it is nor what was declared');
  return { statement: { subject, basis: known, reference, obtainedAt } };
}

function toMember(
  ground: Ground,
  generation: Generation,
  inputs: readonly PreparedInput[],
): Record<string, unknown> {
  return {
    id: newId(),
    search_space_id: generation.searchSpaceId,
    generation_id: generation.id,
    ...('statement' in ground ? toStated(ground.statement) : toDeclared(ground.declaration)),
    end_user_id: toEndUserId(generation.metadata),
    person_sha256: findPersonHash(generation, inputs),
    given_by: generation.createdBy,
    api_key_id: generation.apiKeyId,
    created_at: generation.createdAt,
  };
}

function toStated({ subject, basis, reference, obtainedAt }: ConsentStatement) {
  return { subject, basis, reference, obtained_at: obtainedAt };
}

function toDeclared({ textVersion, declaredBy, declaredAt }: Declaration) {
  return {
    basis: 'declaration',
    text_version: textVersion,
    declared_by: declaredBy,
    declared_at: declaredAt,
  };
}

/** Whom the shop made it for, where it says so. */
function toEndUserId(metadata: Generation['metadata']): string | null {
  const id = metadata?.user_id;
  if (typeof id !== 'string' || id === '' || id.length > END_USER_CHARS_MAX) return null;
  return id;
}

function findPersonHash({ options }: Generation, inputs: readonly PreparedInput[]): string {
  const person = inputs.find(
    ({ target }) => target.role === 'input' && target.index === options.tryOn?.person,
  );
  assert(person, 'a try-on was admitted without a person');
  return 'staged' in person ? person.staged.sha256 : person.source.sha256;
}
