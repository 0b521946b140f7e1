import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsString, Matches, MaxLength, ValidateIf } from 'class-validator';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE, TEXT_FORM, TEXT_MESSAGE } from '../../common/text-form.js';
import {
  type Space,
  SPACE_DESCRIPTION_LENGTH_MAX,
  SPACE_NAME_LENGTH_MAX,
  type SpaceChanges,
} from '../domain/space.js';

/** Unlike IsOptional, refuses null: a space's name cannot be taken away. */
const IfGiven = () => ValidateIf((_body, value) => value !== undefined);

export class CreateSpaceDto {
  @ApiProperty({ type: String, maxLength: SPACE_NAME_LENGTH_MAX, example: 'Marketing' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(SPACE_NAME_LENGTH_MAX)
  name: string;

  @ApiPropertyOptional({
    type: String,
    maxLength: SPACE_DESCRIPTION_LENGTH_MAX,
    example: 'Pictures for campaigns',
  })
  @IfGiven()
  @IsString()
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  @MaxLength(SPACE_DESCRIPTION_LENGTH_MAX)
  description?: string;
}

export class UpdateSpaceDto {
  @ApiPropertyOptional({ type: String, maxLength: SPACE_NAME_LENGTH_MAX, example: 'Marketing' })
  @IfGiven()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(SPACE_NAME_LENGTH_MAX)
  name?: string;

  @ApiPropertyOptional({ type: String, maxLength: SPACE_DESCRIPTION_LENGTH_MAX })
  @IfGiven()
  @IsString()
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  @MaxLength(SPACE_DESCRIPTION_LENGTH_MAX)
  description?: string;

  @ApiPropertyOptional({
    type: Boolean,
    description: 'Whether API keys work in the space. Needs api_access:manage',
  })
  @IfGiven()
  @IsBoolean()
  api_access_enabled?: boolean;
}

export class SpaceResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, example: 'Marketing' })
  name: string;

  @ApiProperty({ type: String })
  description: string;

  @ApiProperty({ type: Boolean, description: 'Whether API keys work in the space' })
  api_access_enabled: boolean;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;
}

export class SpaceDeletionResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ enum: ['deleting'], example: 'deleting' })
  state: 'deleting';
}

export class SpacesPageResponse implements Page<SpaceResponse> {
  @ApiProperty({ type: [SpaceResponse] })
  data: SpaceResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toSpaceChanges(body: UpdateSpaceDto): SpaceChanges {
  return {
    name: body.name?.trim(),
    description: body.description,
    isApiAccessEnabled: body.api_access_enabled,
  };
}

export function toSpaceResponse(space: Space): SpaceResponse {
  return {
    id: space.id,
    name: space.name,
    description: space.description,
    api_access_enabled: space.isApiAccessEnabled,
    created_at: space.createdAt.toISOString(),
  };
}
