import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID } from 'class-validator';
import { IsMoment } from '../../http/is-moment.decorator.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import {
  ASSET_ROLES,
  type AssetRole,
  IMAGE_FORMATS,
  type ImageFormat,
} from '../domain/media-asset.js';

export class MediaDto {
  @ApiProperty({ type: String, format: 'uuid', example: '019a0000-0000-7000-8000-000000000001' })
  id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ enum: ASSET_ROLES, example: 'upload' })
  role: AssetRole;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null })
  generation_id: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, example: null })
  collection_id: string | null;

  @ApiProperty({ type: 'integer', example: 1024 })
  width: number;

  @ApiProperty({ type: 'integer', example: 1024 })
  height: number;

  @ApiProperty({ enum: IMAGE_FORMATS, example: 'png' })
  format: ImageFormat;

  @ApiProperty({ type: 'integer', example: 1026540, description: 'Of the cleaned picture' })
  bytes: number;

  @ApiProperty({ type: String, example: 'c5f86f07…', description: 'Of the cleaned picture' })
  sha256: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '3OcRJYB4d3h/iIeHeEh3eIhw+j2w',
    description: 'A placeholder (ThumbHash, base64); null until the picture was looked at',
  })
  thumbhash: string | null;

  @ApiProperty({ type: String, nullable: true, example: '#386898' })
  dominant_colour: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'fox.png',
    description: 'Of an upload, for display alone',
  })
  file_name: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  created_by: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'uri', description: 'Its bytes, for whoever may read it' })
  url: string;
}

export class UploadedMediaDto {
  @ApiProperty({ type: [MediaDto] })
  data: MediaDto[];
}

export class MediaPageDto extends UploadedMediaDto {
  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export class UploadMediaDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'Before the first file; not needed where the caller’s key is bound to a space',
  })
  search_space_id?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Before the first file' })
  collection_id?: string;

  @ApiProperty({
    type: 'array',
    items: { type: 'string', format: 'binary' },
    description: 'One to ten pictures; the field may be called file[] too',
    example: ['lighthouse.png'],
  })
  file: unknown[];
}

export class ListMediaDto extends PageQueryDto {
  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Default: the key’s own' })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;

  @ApiPropertyOptional({ enum: ASSET_ROLES })
  @IsOptional()
  @IsIn(ASSET_ROLES)
  role?: AssetRole;

  @ApiPropertyOptional({ enum: IMAGE_FORMATS })
  @IsOptional()
  @IsIn(IMAGE_FORMATS)
  format?: ImageFormat;

  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @IsOptional()
  @IsUUID()
  generation_id?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Uploads of a collection' })
  @IsOptional()
  @IsUUID()
  collection_id?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @IsOptional()
  @IsUUID()
  created_by?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Made at or after' })
  @IsOptional()
  @IsMoment()
  from?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Made before' })
  @IsOptional()
  @IsMoment()
  to?: string;
}
