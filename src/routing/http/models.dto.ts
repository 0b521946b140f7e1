import { ApiProperty } from '@nestjs/swagger';
import { describeSizes } from '../../providers/size-rule.js';
import type { OfferedModel } from '../routing.service.js';

export class ModelDto {
  @ApiProperty({ type: String, example: 'embedded-image' })
  id: string;

  @ApiProperty({ type: String, example: 'embedded' })
  provider: string;

  @ApiProperty({ type: String, example: 'Embedded renderer' })
  title: string;

  @ApiProperty({ enum: ['active', 'deprecated', 'retired'] })
  status: string;

  @ApiProperty({ type: Boolean, description: 'Whether a connection can serve it now' })
  available: boolean;

  @ApiProperty({ type: String, nullable: true, format: 'date' })
  shutdown_date: string | null;

  @ApiProperty({ type: String, nullable: true })
  successor: string | null;

  @ApiProperty({ type: [String], example: ['generate', 'edit'] })
  operations: readonly string[];

  @ApiProperty({ type: String, description: 'Which sizes it makes' })
  sizes: string;

  @ApiProperty({ type: [String] })
  qualities: readonly string[];

  @ApiProperty({ type: [String], example: ['png', 'jpeg', 'webp'] })
  formats: readonly string[];

  @ApiProperty({ type: 'integer', example: 10 })
  n_max: number;

  @ApiProperty({ type: 'integer', example: 10000 })
  prompt_characters_max: number;
}

export class ModelListDto {
  @ApiProperty({ type: [ModelDto] })
  data: ModelDto[];
}

export function toModelDto({ model, isRetired, isReachable }: OfferedModel): ModelDto {
  const { capabilities } = model;
  return {
    id: model.id,
    provider: model.provider,
    title: model.title,
    status: isRetired ? 'retired' : model.status,
    available: isReachable && !isRetired,
    shutdown_date: model.shutdownDate,
    successor: model.successor,
    operations: capabilities.operations,
    sizes: describeSizes(capabilities.sizes),
    qualities: capabilities.qualities,
    formats: capabilities.formats,
    n_max: capabilities.nMax,
    prompt_characters_max: capabilities.promptCharsMax,
  };
}
