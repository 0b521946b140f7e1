import { ApiProperty } from '@nestjs/swagger';

export class OpenaiModelDto {
  @ApiProperty({ type: String, example: 'embedded-image' })
  id: string;

  @ApiProperty({ enum: ['model'] })
  object: 'model';

  @ApiProperty({
    type: 'integer',
    example: 1_795_132_800,
    description: 'Seconds since 1970; the same for all: when the catalogue was last read',
  })
  created: number;

  @ApiProperty({ type: String, example: 'embedded', description: 'The provider' })
  owned_by: string;

  @ApiProperty({
    type: String,
    nullable: true,
    format: 'date',
    description: 'First day on which the vendor no longer answers; null: none is announced',
  })
  shutdown_date: string | null;
}

export class OpenaiModelListDto {
  @ApiProperty({ enum: ['list'] })
  object: 'list';

  @ApiProperty({ type: [OpenaiModelDto] })
  data: OpenaiModelDto[];
}
