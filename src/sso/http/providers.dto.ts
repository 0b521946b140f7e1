import { ApiProperty, ApiPropertyOptional, OmitType, PartialType } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  MinLength,
  ValidateIf,
} from 'class-validator';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import type {
  IdentityProvider,
  ProviderChanges,
  ProviderDraft,
} from '../domain/identity-provider.js';

const NAME_LENGTH_MAX = 100;
const TEXT_LENGTH_MAX = 1_000;
const LIST_LENGTH_MAX = 100;
const SLUG_FORM = /^[a-z0-9][a-z0-9-]{0,39}$/;
const CLAIM_FORM = /^[\x21-\x7e]{1,200}$/;

const DEFAULTS = {
  scopes: ['openid', 'email', 'profile'],
  emailClaim: 'email',
  nameClaim: 'name',
} as const;

/** Unlike IsOptional, refuses null: what it stands on cannot be taken away. */
const IfGiven = () => ValidateIf((_body, value) => value !== undefined);

/** What may be changed later. */
class ProviderFields {
  @ApiProperty({ type: String, maxLength: NAME_LENGTH_MAX, example: 'Corporate account' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  name: string;

  @ApiProperty({
    type: String,
    description: 'As the issuer writes it itself, without /.well-known/openid-configuration',
    example: 'https://login.example.com/realms/corporate',
  })
  @IsString()
  @MaxLength(TEXT_LENGTH_MAX)
  issuer_url: string;

  @ApiProperty({ type: String, example: 'atelier' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(TEXT_LENGTH_MAX)
  client_id: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Never shown again. Null for a public client; needed anew when issuer_url changes',
    example: null,
  })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(TEXT_LENGTH_MAX)
  client_secret?: string | null;

  @ApiPropertyOptional({ type: [String], default: DEFAULTS.scopes })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(LIST_LENGTH_MAX)
  @IsString({ each: true })
  scopes?: string[];

  @ApiPropertyOptional({ type: String, default: DEFAULTS.emailClaim })
  @IfGiven()
  @IsString()
  @Matches(CLAIM_FORM, { message: '$property must be the name of a claim' })
  email_claim?: string;

  @ApiPropertyOptional({ type: String, default: DEFAULTS.nameClaim })
  @IfGiven()
  @IsString()
  @Matches(CLAIM_FORM, { message: '$property must be the name of a claim' })
  name_claim?: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Claim that lists the groups of a person; null: groups give no roles',
    example: 'groups',
  })
  @IsOptional()
  @IsString()
  @Matches(CLAIM_FORM, { message: '$property must be the name of a claim' })
  groups_claim?: string | null;

  @ApiPropertyOptional({
    type: [String],
    description: 'E-mail domains whose people must sign in here: no password works for them',
    example: [],
  })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(LIST_LENGTH_MAX)
  @IsString({ each: true })
  domains?: string[];

  @ApiPropertyOptional({
    type: [String],
    description: "Audiences under which this issuer's access tokens are accepted as credentials",
    example: [],
  })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(LIST_LENGTH_MAX)
  @IsString({ each: true })
  @MinLength(1, { each: true })
  @MaxLength(TEXT_LENGTH_MAX, { each: true })
  audiences?: string[];

  @ApiPropertyOptional({ type: Boolean, default: true, description: 'Accounts at first sight' })
  @IfGiven()
  @IsBoolean()
  allow_sign_up?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    default: true,
    description: 'Turns away whose e-mail address the provider has not verified',
  })
  @IfGiven()
  @IsBoolean()
  require_verified_email?: boolean;

  @ApiPropertyOptional({
    type: Boolean,
    default: true,
    description: 'Operators of the domains keep their passwords, for when the provider is away',
  })
  @IfGiven()
  @IsBoolean()
  allow_operator_password?: boolean;

  @ApiPropertyOptional({ type: Boolean, default: true })
  @IfGiven()
  @IsBoolean()
  is_enabled?: boolean;
}

export class CreateProviderDto extends ProviderFields {
  @ApiProperty({
    type: String,
    pattern: SLUG_FORM.source,
    description: 'Short name in addresses; cannot be changed',
    example: 'corporate',
  })
  @IsString()
  @Matches(SLUG_FORM, { message: '$property must be 1 to 40 of a-z, 0-9 and -' })
  slug: string;
}

export class UpdateProviderDto extends PartialType(ProviderFields, { skipNullProperties: false }) {}

export class ProviderResponse extends OmitType(CreateProviderDto, ['client_secret'] as const) {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: Boolean })
  has_client_secret: boolean;

  @ApiProperty({ type: String, description: 'To be registered at the issuer' })
  redirect_url: string;

  @ApiProperty({ type: String, description: 'Where people begin' })
  start_url: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at: string;
}

export class ProvidersPageResponse implements Page<ProviderResponse> {
  @ApiProperty({ type: [ProviderResponse] })
  data: ProviderResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toProviderDraft(body: CreateProviderDto): ProviderDraft {
  return {
    slug: body.slug,
    name: body.name.trim(),
    issuerUrl: body.issuer_url,
    clientId: body.client_id,
    clientSecret: body.client_secret ?? null,
    scopes: unique(body.scopes ?? DEFAULTS.scopes),
    emailClaim: body.email_claim ?? DEFAULTS.emailClaim,
    nameClaim: body.name_claim ?? DEFAULTS.nameClaim,
    groupsClaim: body.groups_claim ?? null,
    domains: toDomains(body.domains ?? []),
    audiences: unique(body.audiences ?? []),
    allowSignUp: body.allow_sign_up ?? true,
    requireVerifiedEmail: body.require_verified_email ?? true,
    allowOperatorPassword: body.allow_operator_password ?? true,
    isEnabled: body.is_enabled ?? true,
  };
}

export function toProviderChanges(body: UpdateProviderDto): ProviderChanges {
  return {
    name: body.name?.trim(),
    issuerUrl: body.issuer_url,
    clientId: body.client_id,
    clientSecret: body.client_secret,
    scopes: body.scopes && unique(body.scopes),
    emailClaim: body.email_claim,
    nameClaim: body.name_claim,
    groupsClaim: body.groups_claim,
    domains: body.domains && toDomains(body.domains),
    audiences: body.audiences && unique(body.audiences),
    allowSignUp: body.allow_sign_up,
    requireVerifiedEmail: body.require_verified_email,
    allowOperatorPassword: body.allow_operator_password,
    isEnabled: body.is_enabled,
  };
}

export function toProviderResponse(
  provider: IdentityProvider,
  { startUrl, callbackUrl }: { startUrl: string; callbackUrl: string },
): ProviderResponse {
  return {
    id: provider.id,
    slug: provider.slug,
    name: provider.name,
    issuer_url: provider.issuerUrl,
    client_id: provider.clientId,
    has_client_secret: provider.clientSecretSealed !== null,
    scopes: [...provider.scopes],
    email_claim: provider.emailClaim,
    name_claim: provider.nameClaim,
    groups_claim: provider.groupsClaim,
    domains: [...provider.domains],
    audiences: [...provider.audiences],
    allow_sign_up: provider.allowSignUp,
    require_verified_email: provider.requireVerifiedEmail,
    allow_operator_password: provider.allowOperatorPassword,
    is_enabled: provider.isEnabled,
    redirect_url: callbackUrl,
    start_url: startUrl,
    created_at: provider.createdAt.toISOString(),
    updated_at: provider.updatedAt.toISOString(),
  };
}

function toDomains(domains: readonly string[]): string[] {
  return unique(domains.map((domain) => domain.trim().toLowerCase()));
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
