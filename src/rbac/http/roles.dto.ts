import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsString,
  Matches,
  MaxLength,
  ValidateIf,
} from 'class-validator';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE, TEXT_FORM, TEXT_MESSAGE } from '../../common/text-form.js';
import type { NewRole, RoleChanges } from '../change-roles.service.js';
import type { Role } from '../domain/role.js';

const NAME_LENGTH_MAX = 100;
const DESCRIPTION_LENGTH_MAX = 500;
const PERMISSION_LENGTH_MAX = 100;
const PERMISSIONS_MAX = 200;
const PERMISSIONS_EXAMPLE = ['image_generations:create', 'image_generations:read'];

/** Unlike IsOptional, refuses null: what a role has can be changed and not taken away. */
const IfGiven = () => ValidateIf((_body, value) => value !== undefined);

export class CreateRoleDto {
  @ApiProperty({
    type: String,
    maxLength: NAME_LENGTH_MAX,
    description: 'Of no other role here; capitals count',
    example: 'Art director',
  })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  name: string;

  @ApiPropertyOptional({
    type: String,
    maxLength: DESCRIPTION_LENGTH_MAX,
    example: 'Makes pictures and throws the bad ones away',
  })
  @IfGiven()
  @IsString()
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  @MaxLength(DESCRIPTION_LENGTH_MAX)
  description?: string;

  @ApiProperty({
    type: [String],
    maxItems: PERMISSIONS_MAX,
    description: 'Each one that you hold yourself; `*` is the owner`s alone',
    example: PERMISSIONS_EXAMPLE,
  })
  @IsArray()
  @ArrayMaxSize(PERMISSIONS_MAX)
  @IsString({ each: true })
  @MaxLength(PERMISSION_LENGTH_MAX, { each: true })
  permissions: string[];

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'True: given from now on where no role is named, in place of the default before',
  })
  @IfGiven()
  @IsBoolean()
  is_default?: boolean;
}

export class UpdateRoleDto {
  @ApiPropertyOptional({ type: String, maxLength: NAME_LENGTH_MAX, example: 'Art director' })
  @IfGiven()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  name?: string;

  @ApiPropertyOptional({ type: String, maxLength: DESCRIPTION_LENGTH_MAX })
  @IfGiven()
  @IsString()
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  @MaxLength(DESCRIPTION_LENGTH_MAX)
  description?: string;

  @ApiPropertyOptional({
    type: [String],
    maxItems: PERMISSIONS_MAX,
    description: 'All that the role is to hold from now on',
    example: PERMISSIONS_EXAMPLE,
  })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(PERMISSIONS_MAX)
  @IsString({ each: true })
  @MaxLength(PERMISSION_LENGTH_MAX, { each: true })
  permissions?: string[];

  @ApiPropertyOptional({
    type: Boolean,
    description: 'True takes the mark from the default before',
  })
  @IfGiven()
  @IsBoolean()
  is_default?: boolean;
}

export class RoleResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, example: 'Editor' })
  name: string;

  @ApiProperty({ type: String })
  description: string;

  @ApiProperty({ type: [String], example: PERMISSIONS_EXAMPLE })
  permissions: string[];

  @ApiProperty({ type: Boolean, description: 'Given when a member is added without a role' })
  is_default: boolean;

  @ApiProperty({ type: Boolean, description: 'Made with the space; not renamed, not deleted' })
  is_system: boolean;
}

export class RolesPageResponse implements Page<RoleResponse> {
  @ApiProperty({ type: [RoleResponse] })
  data: RoleResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toNewRole(body: CreateRoleDto): NewRole {
  return {
    name: body.name,
    description: body.description,
    permissions: body.permissions,
    isDefault: body.is_default,
  };
}

export function toRoleChanges(body: UpdateRoleDto): RoleChanges {
  return {
    name: body.name,
    description: body.description,
    permissions: body.permissions,
    isDefault: body.is_default,
  };
}

export function toRoleResponse(role: Role): RoleResponse {
  return {
    id: role.id,
    name: role.name,
    description: role.description,
    permissions: [...role.permissions],
    is_default: role.isDefault,
    is_system: role.isSystem,
  };
}
