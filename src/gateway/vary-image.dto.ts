import { PickType } from '@nestjs/swagger';
import { ImageOptionsDto } from './image-options.dto.js';

/** The fields of OpenAI's `POST /images/variations`, beside its picture. */
export class VaryImageDto extends PickType(ImageOptionsDto, [
  'model',
  'n',
  'size',
  'response_format',
  'user',
] as const) {}
