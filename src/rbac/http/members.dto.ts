import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import type { Caller } from '../../common/caller.js';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { type Access, listEffectivePermissions } from '../domain/access.js';
import { EDITOR_ROLE } from '../domain/role.js';
import type { NamedMember } from '../members.service.js';

const EMAIL_LENGTH_MAX = 254;
const ROLE_LENGTH_MAX = 100;

export class AddMemberDto {
  @ApiProperty({ type: String, description: 'Of an account here', example: 'ada@example.com' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(EMAIL_LENGTH_MAX)
  email: string;

  @ApiPropertyOptional({
    type: String,
    description: "Name or id of a role; the space's default role when left out",
    example: 'Editor',
  })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(ROLE_LENGTH_MAX)
  role?: string;
}

export class ChangeRoleDto {
  @ApiProperty({ type: String, description: 'Name or id of a role', example: 'Viewer' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(ROLE_LENGTH_MAX)
  role: string;
}

export class TransferOwnershipDto {
  @ApiProperty({
    type: String,
    format: 'uuid',
    description: 'Of the member who becomes the owner',
    example: '019a0000-0000-7000-8000-000000000000',
  })
  @IsUUID()
  user_id: string;

  @ApiPropertyOptional({
    type: String,
    description: 'Name or id of the role that you have from then on',
    default: EDITOR_ROLE,
  })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(ROLE_LENGTH_MAX)
  role?: string;
}

export class MemberResponse {
  @ApiProperty({ type: String, format: 'uuid', description: 'Of the membership' })
  id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  user_id: string;

  @ApiProperty({ type: String, example: 'ada@example.com' })
  email: string;

  @ApiProperty({ type: String, example: 'Ada Lovelace' })
  name: string;

  @ApiProperty({ type: String, example: 'Editor' })
  role: string;

  @ApiProperty({ type: String, format: 'uuid' })
  role_id: string;

  @ApiProperty({ type: Boolean })
  is_owner: boolean;

  @ApiProperty({ type: String, format: 'date-time' })
  joined_at: string;
}

export class MembersPageResponse implements Page<MemberResponse> {
  @ApiProperty({ type: [MemberResponse] })
  data: MemberResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export class MyAccessResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: Boolean })
  is_owner: boolean;

  @ApiProperty({ type: String, example: 'Editor' })
  role_name: string;

  @ApiProperty({
    type: [String],
    description: '`*` stands for all. For a key: what its scopes leave of the role',
    example: ['image_generations:create', 'image_generations:read'],
  })
  permissions: string[];
}

export function toMemberResponse(member: NamedMember): MemberResponse {
  return {
    id: member.id,
    user_id: member.userId,
    email: member.email,
    name: member.name,
    role: member.roleName,
    role_id: member.roleId,
    is_owner: member.isOwner,
    joined_at: member.joinedAt.toISOString(),
  };
}

export function toMyAccessResponse(caller: Caller, access: Access): MyAccessResponse {
  return {
    search_space_id: access.searchSpaceId,
    is_owner: access.isOwner && caller.kind === 'user',
    role_name: access.roleName,
    permissions: [...listEffectivePermissions(caller, access)],
  };
}
