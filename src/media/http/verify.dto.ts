import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

export class VerifyPictureDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'Where the caller’s key is not bound to a space',
  })
  search_space_id?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'A picture of the space' })
  media_id?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uri',
    example: 'https://images.example.com/fox.png',
    description: 'The address of a picture, in place of media_id',
  })
  url?: string;
}

export class ManifestVerdictDto {
  @ApiProperty({ type: Boolean, example: true })
  present: boolean;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    example: true,
    description: 'Signature and hashes are right; whose certificate it is, nobody vouches for',
  })
  valid: boolean | null;

  @ApiProperty({ type: String, nullable: true, example: 'CN=Atelier, O=self-made' })
  signer: string | null;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Code of C2PA' })
  error: string | null;
}

export class PictureVerdictDto {
  @ApiProperty({ enum: ['png', 'jpeg', 'webp'], example: 'png' })
  format: string;

  @ApiProperty({ type: 'integer', example: 1024 })
  width: number;

  @ApiProperty({ type: 'integer', example: 1024 })
  height: number;

  @ApiProperty({ type: 'integer', example: 1026540 })
  bytes: number;

  @ApiProperty({ type: String, example: 'c5f86f07…' })
  sha256: string;

  @ApiProperty({ type: Boolean, example: true, description: 'The space stores these very bytes' })
  known_in_space: boolean;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia',
  })
  digital_source_type: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'Atelier' })
  generator: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  generation_id: string | null;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    example: true,
    description:
      'The coded pixels are those of a stored picture of generation_id; null: this space has none',
  })
  pixels_equal: boolean | null;

  @ApiProperty({ type: ManifestVerdictDto })
  c2pa: ManifestVerdictDto;
}
