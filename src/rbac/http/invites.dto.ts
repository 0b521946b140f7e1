import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import type { AcceptedInvite, Offer } from '../accept-invite.service.js';
import type { InviteFault, InviteStatus } from '../domain/invite.js';
import type { IssuedInvite, NewInvite, ShownInvite } from '../invites.service.js';

const NAME_LENGTH_MAX = 100;
const ROLE_LENGTH_MAX = 100;
const USES_MAX = 100_000;
/** RFC 3339 demands an offset; ISO 8601 alone would read a bare time in the server's zone. */
const OFFSET_FORM = /(?:[Zz]|[+-]\d{2}:\d{2})$/;
const STATUSES: readonly InviteStatus[] = ['open', 'revoked', 'expired', 'used_up'];
const FAULTS: readonly InviteFault[] = [
  'unknown',
  'inactive',
  'expired',
  'used_up',
  'maker_without_rights',
];

export class CreateInviteDto {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'For you, to tell it by',
    example: 'The agency',
  })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  name?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'Name or id of a role; left out: whatever role is the default when the invite is accepted',
    example: 'Viewer',
  })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(ROLE_LENGTH_MAX)
  role?: string | null;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Never, when left out',
    example: '2030-01-01T00:00:00Z',
  })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @Matches(OFFSET_FORM, { message: '$property must end in Z or an offset such as +02:00' })
  expires_at?: string | null;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: USES_MAX,
    nullable: true,
    description: 'How many may join with it; without limit, when left out',
    example: 1,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(USES_MAX)
  max_uses?: number | null;
}

export class InviteResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: String, example: 'The agency' })
  name: string;

  @ApiProperty({ type: String, description: 'The beginning of the code', example: 'Vd1x_9Qz' })
  code_prefix: string;

  @ApiProperty({ type: String, description: 'The role that it gives now', example: 'Viewer' })
  role: string;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'Null: whatever role is the default',
  })
  role_id: string | null;

  @ApiProperty({ type: String, enum: STATUSES })
  status: InviteStatus;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at: string | null;

  @ApiProperty({ type: 'integer', nullable: true })
  max_uses: number | null;

  @ApiProperty({ type: 'integer' })
  uses_count: number;

  @ApiProperty({ type: String, format: 'uuid', description: 'Its maker' })
  created_by: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  revoked_at: string | null;
}

export class IssuedInviteResponse extends InviteResponse {
  @ApiProperty({
    type: String,
    description: 'The code itself. It is shown this once and not kept',
    example: 'Vd1x_9Qz…',
  })
  code: string;
}

export class InvitesPageResponse implements Page<InviteResponse> {
  @ApiProperty({ type: [InviteResponse] })
  data: InviteResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export class InviteOfferResponse {
  @ApiProperty({ type: Boolean })
  is_valid: boolean;

  @ApiProperty({ type: String, enum: FAULTS, nullable: true, description: 'Why not; null: it is' })
  reason: InviteFault | null;

  @ApiProperty({ type: String, nullable: true, example: 'Marketing' })
  search_space_name: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'Viewer' })
  role_name: string | null;
}

export class AcceptedInviteResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: String, example: 'Marketing' })
  search_space_name: string;

  @ApiProperty({ type: String, example: 'Viewer' })
  role_name: string;
}

export function toNewInvite(body: CreateInviteDto): NewInvite {
  return {
    name: body.name ?? undefined,
    role: body.role ?? undefined,
    expiresAt: body.expires_at ? new Date(body.expires_at) : null,
    maxUses: body.max_uses ?? null,
  };
}

export function toInviteResponse(invite: ShownInvite): InviteResponse {
  return {
    id: invite.id,
    search_space_id: invite.searchSpaceId,
    name: invite.name,
    code_prefix: invite.codePrefix,
    role: invite.roleName,
    role_id: invite.roleId,
    status: invite.status,
    expires_at: invite.expiresAt?.toISOString() ?? null,
    max_uses: invite.maxUses,
    uses_count: invite.usesCount,
    created_by: invite.createdBy,
    created_at: invite.createdAt.toISOString(),
    revoked_at: invite.revokedAt?.toISOString() ?? null,
  };
}

export function toIssuedInviteResponse({ code, invite }: IssuedInvite): IssuedInviteResponse {
  return { ...toInviteResponse(invite), code };
}

export function toInviteOfferResponse({ fault, spaceName, roleName }: Offer): InviteOfferResponse {
  return {
    is_valid: fault === null,
    reason: fault,
    search_space_name: spaceName,
    role_name: roleName,
  };
}

export function toAcceptedInviteResponse(accepted: AcceptedInvite): AcceptedInviteResponse {
  return {
    search_space_id: accepted.searchSpaceId,
    search_space_name: accepted.spaceName,
    role_name: accepted.role.name,
  };
}
