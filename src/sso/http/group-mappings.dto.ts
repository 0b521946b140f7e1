import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches, MaxLength } from 'class-validator';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { GROUP_LENGTH_MAX } from '../domain/profile.js';
import type { GroupMapping } from '../domain/sign-in.js';

const SLUG_LENGTH_MAX = 40;
const ROLE_LENGTH_MAX = 100;

export class ChangeGroupMappingDto {
  @ApiProperty({
    type: String,
    description: 'Name or id of a role; never Owner',
    example: 'Editor',
  })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(ROLE_LENGTH_MAX)
  role: string;
}

export class CreateGroupMappingDto extends ChangeGroupMappingDto {
  @ApiProperty({ type: String, description: 'Slug of an identity provider', example: 'corporate' })
  @IsString()
  @MaxLength(SLUG_LENGTH_MAX)
  provider: string;

  @ApiProperty({
    type: String,
    description: 'As the provider writes it in its groups claim',
    example: 'design-team',
  })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(GROUP_LENGTH_MAX)
  group: string;
}

export class GroupMappingResponse extends CreateGroupMappingDto {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  role_id: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;
}

export class GroupMappingsPageResponse implements Page<GroupMappingResponse> {
  @ApiProperty({ type: [GroupMappingResponse] })
  data: GroupMappingResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toGroupMappingResponse(mapping: GroupMapping): GroupMappingResponse {
  return {
    id: mapping.id,
    search_space_id: mapping.searchSpaceId,
    provider: mapping.providerSlug,
    group: mapping.group,
    role: mapping.roleName,
    role_id: mapping.roleId,
    created_at: mapping.createdAt.toISOString(),
  };
}
