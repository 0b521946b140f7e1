import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, IsUUID, Matches, MaxLength, ValidateIf } from 'class-validator';
import type { Page } from '../../common/page.js';
import { LINE_FORM, LINE_MESSAGE, TEXT_FORM, TEXT_MESSAGE } from '../../common/text-form.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import {
  type Collection,
  COLLECTION_DESCRIPTION_LENGTH_MAX,
  COLLECTION_NAME_LENGTH_MAX,
} from '../domain/collection.js';

/** Unlike IsOptional, refuses null: a name cannot be taken away. */
const IfGiven = () => ValidateIf((_body, value) => value !== undefined);

export class CreateCollectionDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: "The space it belongs to. Default: the API key's own",
  })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;

  @ApiProperty({ type: String, maxLength: COLLECTION_NAME_LENGTH_MAX, example: 'Spring campaign' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(COLLECTION_NAME_LENGTH_MAX)
  name: string;

  @ApiPropertyOptional({
    type: String,
    maxLength: COLLECTION_DESCRIPTION_LENGTH_MAX,
    example: 'Pictures for the shop windows',
  })
  @IfGiven()
  @IsString()
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  @MaxLength(COLLECTION_DESCRIPTION_LENGTH_MAX)
  description?: string;
}

export class UpdateCollectionDto {
  @ApiPropertyOptional({
    type: String,
    maxLength: COLLECTION_NAME_LENGTH_MAX,
    example: 'Summer campaign',
  })
  @IfGiven()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(COLLECTION_NAME_LENGTH_MAX)
  name?: string;

  @ApiPropertyOptional({ type: String, maxLength: COLLECTION_DESCRIPTION_LENGTH_MAX })
  @IfGiven()
  @IsString()
  @Matches(TEXT_FORM, { message: TEXT_MESSAGE })
  @MaxLength(COLLECTION_DESCRIPTION_LENGTH_MAX)
  description?: string;
}

export class ListCollectionsDto extends PageQueryDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'An API key may leave it out: its own space is meant',
  })
  @IsOptional()
  @IsString()
  search_space_id?: string;
}

export class CollectionResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: String, example: 'Spring campaign' })
  name: string;

  @ApiProperty({ type: String, example: 'Pictures for the shop windows' })
  description: string;

  @ApiProperty({ type: String, format: 'uuid' })
  created_by: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;
}

export class CollectionsPageResponse implements Page<CollectionResponse> {
  @ApiProperty({ type: [CollectionResponse] })
  data: CollectionResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toCollectionResponse(collection: Collection): CollectionResponse {
  return {
    id: collection.id,
    search_space_id: collection.searchSpaceId,
    name: collection.name,
    description: collection.description,
    created_by: collection.createdBy,
    created_at: collection.createdAt.toISOString(),
  };
}
