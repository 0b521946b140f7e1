import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean } from 'class-validator';

export class SpaceProvenanceDto {
  @ApiProperty({
    type: Boolean,
    example: false,
    description:
      'Whether drafts are marked too, which go from vendor to client without being stored',
  })
  @IsBoolean()
  mark_relayed: boolean;

  @ApiProperty({
    type: Boolean,
    example: false,
    description: 'Whether stored PNG and JPEG pictures get a signed C2PA manifest',
  })
  @IsBoolean()
  c2pa: boolean;
}
