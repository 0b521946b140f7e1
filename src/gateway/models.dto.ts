import { ApiProperty } from '@nestjs/swagger';
import { describeSizes } from '../providers/size-rule.js';
import type { ChatCapabilities, EmbeddingCapabilities } from '../providers/spec/chat-model.js';
import type { ImageCapabilities } from '../providers/spec/image-model.js';
import { isOffered, type OfferedModel } from '../routing/models.service.js';
import { ModelPriceDto, toModelPriceDto } from './model-price.dto.js';
import type { ModelPrice } from './model-prices.js';

const OF_IMAGES = 'Of image models; else null';

export class ChatLimitsDto {
  @ApiProperty({ type: 'integer', description: 'Input and output together' })
  context_tokens_max: number;

  @ApiProperty({ type: 'integer' })
  output_tokens_max: number;

  @ApiProperty({ type: Boolean })
  image_input: boolean;

  @ApiProperty({ type: Boolean })
  tools: boolean;

  @ApiProperty({ type: Boolean })
  json_schema: boolean;

  @ApiProperty({ type: Boolean })
  streaming: boolean;
}

export class EmbeddingLimitsDto {
  @ApiProperty({ type: 'integer' })
  dimensions: number;

  @ApiProperty({ type: Boolean })
  dimensions_adjustable: boolean;

  @ApiProperty({ type: 'integer', description: 'Of one text' })
  input_tokens_max: number;

  @ApiProperty({ type: 'integer' })
  inputs_max: number;
}

export class ModelDto {
  @ApiProperty({ type: String, example: 'embedded-image' })
  id: string;

  @ApiProperty({ enum: ['image', 'chat', 'embedding'] })
  kind: string;

  @ApiProperty({ type: String, example: 'embedded' })
  provider: string;

  @ApiProperty({ type: String, example: 'Embedded renderer' })
  title: string;

  @ApiProperty({ enum: ['active', 'deprecated', 'retired'] })
  status: string;

  @ApiProperty({ type: Boolean, description: 'Whether a connection can serve it now' })
  available: boolean;

  @ApiProperty({ type: 'integer', description: 'How many can serve it', example: 1 })
  connections: number;

  @ApiProperty({
    type: [String],
    description: 'Where an operator gave the name: the models it stands for, first to last',
  })
  maps_to: readonly string[];

  @ApiProperty({ type: String, nullable: true, format: 'date' })
  shutdown_date: string | null;

  @ApiProperty({ type: String, nullable: true })
  successor: string | null;

  @ApiProperty({
    type: [String],
    nullable: true,
    example: ['generate', 'edit'],
    description: OF_IMAGES,
  })
  operations: readonly string[] | null;

  @ApiProperty({ type: String, nullable: true, description: `Which sizes it makes. ${OF_IMAGES}` })
  sizes: string | null;

  @ApiProperty({ type: [String], nullable: true, description: OF_IMAGES })
  qualities: readonly string[] | null;

  @ApiProperty({
    type: [String],
    nullable: true,
    example: ['png', 'jpeg', 'webp'],
    description: OF_IMAGES,
  })
  formats: readonly string[] | null;

  @ApiProperty({ type: [String], nullable: true, description: OF_IMAGES })
  styles: readonly string[] | null;

  @ApiProperty({ type: [String], nullable: true, description: OF_IMAGES })
  backgrounds: readonly string[] | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 16, description: OF_IMAGES })
  input_images_max: number | null;

  @ApiProperty({ type: Boolean, nullable: true, description: `Takes a mask. ${OF_IMAGES}` })
  mask: boolean | null;

  @ApiProperty({ type: Boolean, nullable: true, description: `Takes a seed. ${OF_IMAGES}` })
  seed: boolean | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 10, description: OF_IMAGES })
  n_max: number | null;

  @ApiProperty({ type: 'integer', nullable: true, example: 10000, description: OF_IMAGES })
  prompt_characters_max: number | null;

  @ApiProperty({ type: ChatLimitsDto, nullable: true, description: 'Of chat models; else null' })
  chat: ChatLimitsDto | null;

  @ApiProperty({
    type: EmbeddingLimitsDto,
    nullable: true,
    description: 'Of embedding models; else null',
  })
  embedding: EmbeddingLimitsDto | null;

  @ApiProperty({
    type: ModelPriceDto,
    nullable: true,
    description:
      "By the list, before multipliers; of a route's name that of the first model. Null: none is listed. Calls on own " +
      'credentials cost nothing here.',
  })
  price: ModelPriceDto | null;
}

export class ModelListDto {
  @ApiProperty({ type: [ModelDto] })
  data: ModelDto[];
}

/** @param findPrice by provider and model */
export function toModelDto(
  offered: OfferedModel,
  findPrice: (provider: string, model: string) => ModelPrice | null,
): ModelDto {
  const { name, model, isRetired, connections, mapsTo } = offered;
  const price = findPrice(model.provider, model.id);
  return {
    id: name,
    kind: model.kind,
    provider: model.provider,
    title: model.title,
    status: isRetired ? 'retired' : model.status,
    available: isOffered(offered),
    connections,
    maps_to: mapsTo,
    shutdown_date: model.shutdownDate,
    successor: model.successor,
    ...toImageLimits(model.kind === 'image' ? model.capabilities : null),
    chat: model.kind === 'chat' ? toChatLimits(model.capabilities) : null,
    embedding: model.kind === 'embedding' ? toEmbeddingLimits(model.capabilities) : null,
    price: price && toModelPriceDto(price),
  };
}

function toImageLimits(capabilities: ImageCapabilities | null) {
  return {
    operations: capabilities?.operations ?? null,
    sizes: capabilities ? describeSizes(capabilities.sizes) : null,
    qualities: capabilities?.qualities ?? null,
    formats: capabilities?.formats ?? null,
    styles: capabilities?.styles ?? null,
    backgrounds: capabilities?.backgrounds ?? null,
    input_images_max: capabilities?.inputImagesMax ?? null,
    mask: capabilities?.mask ?? null,
    seed: capabilities?.seed ?? null,
    n_max: capabilities?.nMax ?? null,
    prompt_characters_max: capabilities?.promptCharsMax ?? null,
  };
}

function toChatLimits(capabilities: ChatCapabilities): ChatLimitsDto {
  return {
    context_tokens_max: capabilities.contextTokensMax,
    output_tokens_max: capabilities.outputTokensMax,
    image_input: capabilities.imageInput,
    tools: capabilities.tools,
    json_schema: capabilities.jsonSchema,
    streaming: capabilities.streaming,
  };
}

function toEmbeddingLimits(capabilities: EmbeddingCapabilities): EmbeddingLimitsDto {
  return {
    dimensions: capabilities.dimensions,
    dimensions_adjustable: capabilities.dimensionsAdjustable,
    input_tokens_max: capabilities.inputTokensMax,
    inputs_max: capabilities.inputsMax,
  };
}
