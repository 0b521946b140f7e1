import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import {
  BLUR_MAX,
  BLUR_MIN,
  type Fit,
  FITS,
  MADE_FORMATS,
  type MadeFormat,
  QUALITY_MAX,
  SIDE_PX_MAX,
  TRANSFORM_FIELDS,
} from '../domain/transform.js';
import type { LinkWish } from '../serving/share-media.service.js';
import type { PictureLink } from '../serving/asset-links.js';

const EXPIRES_S_MIN = 60;
const EXPIRES_S_MAX = 31_536_000;
const COLOUR_CHARACTERS_MAX = 8;

export class TransformDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: SIDE_PX_MAX, example: 512 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(SIDE_PX_MAX)
  width?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: SIDE_PX_MAX, example: 512 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(SIDE_PX_MAX)
  height?: number;

  @ApiPropertyOptional({ enum: FITS, default: 'inside', description: 'Needs width and height' })
  @IsOptional()
  @IsIn(FITS)
  fit?: Fit;

  @ApiPropertyOptional({ type: Boolean, default: false, description: 'May it become larger' })
  @IsOptional()
  @IsBoolean()
  enlarge?: boolean;

  @ApiPropertyOptional({ enum: MADE_FORMATS, description: 'Default: as it is stored' })
  @IsOptional()
  @IsIn(MADE_FORMATS)
  format?: MadeFormat;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: QUALITY_MAX, example: 80 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(QUALITY_MAX)
  quality?: number;

  @ApiPropertyOptional({ type: Boolean, default: false })
  @IsOptional()
  @IsBoolean()
  greyscale?: boolean;

  @ApiPropertyOptional({ type: Number, minimum: BLUR_MIN, maximum: BLUR_MAX, example: 2.5 })
  @IsOptional()
  @IsNumber({ maxDecimalPlaces: 2 })
  @Min(BLUR_MIN)
  @Max(BLUR_MAX)
  blur?: number;

  @ApiPropertyOptional({ type: Boolean, default: false })
  @IsOptional()
  @IsBoolean()
  sharpen?: boolean;

  @ApiPropertyOptional({
    type: String,
    example: 'ffffff',
    description:
      'rrggbb or rrggbbaa, only with fit contain; default: clear, and white where that is not possible',
  })
  @IsOptional()
  @IsString()
  @MaxLength(COLOUR_CHARACTERS_MAX)
  background?: string;
}

export class CreateMediaLinkDto {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: EXPIRES_S_MIN,
    example: 3_600,
    description: 'How long it lives at most; default and maximum: LINK_TTL_S',
  })
  @IsOptional()
  @IsInt()
  @Min(EXPIRES_S_MIN)
  @Max(EXPIRES_S_MAX)
  expires_s?: number;

  @ApiPropertyOptional({ type: TransformDto, description: 'In what form it is shown' })
  @IsOptional()
  @ValidateNested()
  @Type(() => TransformDto)
  transform?: TransformDto;
}

export class MediaLinkDto {
  @ApiProperty({
    type: String,
    format: 'uri',
    example: 'https://atelier.example.com/api/v1/media/019a…/file?token=t0…&width=512&format=avif',
  })
  url: string;

  @ApiProperty({ type: String, format: 'date-time' })
  expires_at: string;
}

export function toLinkWish({ expires_s, transform = {} }: CreateMediaLinkDto): LinkWish {
  const told = TRANSFORM_FIELDS.flatMap((field) => {
    const value = transform[field];
    return value === undefined || value === null ? [] : [[field, String(value)] as const];
  });
  return { expiresS: expires_s ?? undefined, transform: Object.fromEntries(told) };
}

export function toMediaLink({ url, expiresAt }: PictureLink): MediaLinkDto {
  return { url, expires_at: expiresAt.toISOString() };
}
