import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches, MaxLength } from 'class-validator';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import type { PlacedAccount } from '../service-accounts.service.js';

const NAME_LENGTH_MAX = 100;
const ROLE_LENGTH_MAX = 100;

export class CreateServiceAccountDto {
  @ApiProperty({ type: String, example: 'Nightly renderer' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  name: string;

  @ApiProperty({
    type: String,
    description: 'Name or id of a role of the space',
    example: 'Editor',
  })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(ROLE_LENGTH_MAX)
  role: string;
}

export class ServiceAccountResponse {
  @ApiProperty({ type: String, format: 'uuid', description: 'Make keys for it with this id' })
  id: string;

  @ApiProperty({ type: String, example: 'Nightly renderer' })
  name: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: String, description: 'Empty when it was removed from the members' })
  role: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;
}

export class ServiceAccountsPageResponse implements Page<ServiceAccountResponse> {
  @ApiProperty({ type: [ServiceAccountResponse] })
  data: ServiceAccountResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toServiceAccountResponse(account: PlacedAccount): ServiceAccountResponse {
  return {
    id: account.id,
    name: account.name,
    search_space_id: account.searchSpaceId,
    role: account.role,
    created_at: account.createdAt.toISOString(),
  };
}
