import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
  Min,
} from 'class-validator';
import { newId } from '../../common/ids.js';
import { cleanFileName } from '../domain/clean-file-name.js';
import { IMAGE_FORMATS, toMediaType } from '../domain/media-asset.js';
import type { BegunUpload, UploadWish } from '../library/begin-upload.service.js';

const MEDIA_TYPES = IMAGE_FORMATS.map(toMediaType);
const FILE_NAME_CHARACTERS_MAX = 1_000;

export class BeginUploadDto {
  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Default: the key’s own' })
  @IsOptional()
  @IsUUID()
  search_space_id?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @IsOptional()
  @IsUUID()
  collection_id?: string;

  @ApiPropertyOptional({
    type: String,
    maxLength: FILE_NAME_CHARACTERS_MAX,
    example: 'fox.png',
    description: 'For display alone; its last part is kept',
  })
  @IsOptional()
  @IsString()
  @MaxLength(FILE_NAME_CHARACTERS_MAX)
  file_name?: string;

  @ApiProperty({ enum: MEDIA_TYPES, example: 'image/png' })
  @IsIn(MEDIA_TYPES)
  content_type: string;

  @ApiProperty({ type: 'integer', minimum: 1, example: 1026540, description: 'Exact size' })
  @IsInt()
  @Min(1)
  bytes: number;

  @ApiPropertyOptional({
    type: String,
    example: 'c5f86f07a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c',
    description: 'Hexadecimal hash of the file; what comes must have it',
  })
  @IsOptional()
  @Matches(/^[0-9a-f]{64}$/i, { message: 'sha256 must be 64 hexadecimal digits' })
  sha256?: string;
}

export class UploadAddressDto {
  @ApiProperty({ type: String, example: 'WyIwMTlh….t0kE', description: 'Names it to complete it' })
  upload_id: string;

  @ApiProperty({ enum: ['PUT'], example: 'PUT' })
  method: 'PUT';

  @ApiProperty({
    type: String,
    format: 'uri',
    description: 'Where the bytes go; a credential until it expires',
  })
  url: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { 'content-length': '1026540', 'content-type': 'image/png' },
    description: 'To be sent exactly so',
  })
  headers: Record<string, string>;

  @ApiProperty({ type: String, format: 'date-time' })
  expires_at: string;
}

export function toUploadWish(
  searchSpaceId: string,
  userId: string,
  body: BeginUploadDto,
): UploadWish {
  return {
    id: newId(),
    searchSpaceId,
    userId,
    collectionId: body.collection_id?.toLowerCase() ?? null,
    fileName: cleanFileName(body.file_name),
    mediaType: body.content_type,
    sizeBytes: body.bytes,
    sha256: body.sha256?.toLowerCase() ?? null,
  };
}

export function toUploadAddress({ token, address, expiresAt }: BegunUpload): UploadAddressDto {
  return {
    upload_id: token,
    method: 'PUT',
    url: address.url,
    headers: { ...address.headers },
    expires_at: expiresAt.toISOString(),
  };
}
