import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, Matches, MaxLength, ValidateIf } from 'class-validator';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import type { Consent, Declaration } from '../domain/consent.js';

const VERSION_CHARS_MAX = 100;
const nullable = { type: String, nullable: true } as const;
const NO_TIME = { ...nullable, format: 'date-time', example: null };

export class ListConsentsDto extends PageQueryDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'Or in the header x-search-space-id',
  })
  @IsOptional()
  @IsString()
  search_space_id?: string;
}

export class DeclareTryOnConsentDto {
  @ApiProperty({
    type: Boolean,
    example: true,
    description: 'true: every person in the pictures of this space agreed, by the text below',
  })
  @IsBoolean()
  declares: boolean;

  @ApiPropertyOptional({
    type: String,
    maxLength: VERSION_CHARS_MAX,
    example: 'shop-terms-2026-11',
    description: 'Which text they agreed to. Needed with declares: true',
  })
  @ValidateIf(({ declares }: DeclareTryOnConsentDto) => declares)
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(VERSION_CHARS_MAX)
  text_version?: string;
}

export class TryOnDeclarationResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: Boolean })
  declares: boolean;

  @ApiProperty({ ...nullable, example: 'shop-terms-2026-11' })
  text_version: string | null;

  @ApiProperty({ ...nullable, format: 'uuid' })
  declared_by: string | null;

  @ApiProperty({ ...nullable, format: 'date-time' })
  declared_at: string | null;
}

export class TryOnConsentResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: String, format: 'uuid', description: 'Gone once it is withdrawn' })
  generation_id: string;

  @ApiProperty({ ...nullable, example: 'third_party' })
  subject: string | null;

  @ApiProperty({
    type: String,
    example: 'model_release',
    description: "declaration: the space's own, of all its try-ons",
  })
  basis: string;

  @ApiProperty({ ...nullable, example: 'release-2026-114' })
  reference: string | null;

  @ApiProperty(NO_TIME)
  obtained_at: string | null;

  @ApiProperty({ ...nullable, example: 'shopper-7', description: 'user_id of the façade' })
  end_user_id: string | null;

  @ApiProperty({ type: String, description: 'Of the picture of the person, hex' })
  person_sha256: string;

  @ApiProperty({ type: String, format: 'uuid' })
  given_by: string;

  @ApiProperty({ ...nullable, format: 'uuid' })
  api_key_id: string | null;

  @ApiProperty({ ...nullable, example: null })
  text_version: string | null;

  @ApiProperty({ ...nullable, format: 'uuid', example: null })
  declared_by: string | null;

  @ApiProperty(NO_TIME)
  declared_at: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;

  @ApiProperty(NO_TIME)
  withdrawn_at: string | null;

  @ApiProperty({ ...nullable, format: 'uuid', example: null })
  withdrawn_by: string | null;
}

export class TryOnConsentsPageResponse implements Page<TryOnConsentResponse> {
  @ApiProperty({ type: [TryOnConsentResponse] })
  data: TryOnConsentResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toConsentResponse(consent: Consent): TryOnConsentResponse {
  return {
    id: consent.id,
    search_space_id: consent.searchSpaceId,
    generation_id: consent.generationId,
    subject: consent.subject,
    basis: consent.basis,
    reference: consent.reference,
    obtained_at: toTime(consent.obtainedAt),
    end_user_id: consent.endUserId,
    person_sha256: consent.personSha256,
    given_by: consent.givenBy,
    api_key_id: consent.apiKeyId,
    text_version: consent.textVersion,
    declared_by: consent.declaredBy,
    declared_at: toTime(consent.declaredAt),
    created_at: consent.createdAt.toISOString(),
    withdrawn_at: toTime(consent.withdrawnAt),
    withdrawn_by: consent.withdrawnBy,
  };
}

export function toDeclarationResponse(
  searchSpaceId: string,
  declaration: Declaration | null,
): TryOnDeclarationResponse {
  return {
    search_space_id: searchSpaceId,
    declares: declaration !== null,
    text_version: declaration?.textVersion ?? null,
    declared_by: declaration?.declaredBy ?? null,
    declared_at: toTime(declaration?.declaredAt ?? null),
  };
}

function toTime(moment: Date | null): string | null {
  return moment?.toISOString() ?? null;
}
