import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../http/public.decorator.js';
import { CreateTryOnDto, TryOnErrorResponse, TryOnResponse } from '../create-image.dto.js';
import { CreateImageService } from '../create-image.service.js';
import { toFacadeError } from '../to-facade-error.js';
import { CREATE_IMAGE_EXAMPLES } from './create-image.examples.js';

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'multipart/form-data';
const toFault = (status: number, description: string) =>
  ApiResponse({ status, type: TryOnErrorResponse, description });

/** The façade that shops speak to: its caller is known by the body, so that no mark can ask for one. */
@ApiTags('try-on')
@Controller('api/v1/create-image')
export class CreateImageController {
  constructor(private readonly images: CreateImageService) {}

  @Post()
  @HttpCode(200)
  @Public({ form: true })
  @ApiBearerAuth()
  @ApiSecurity('api_key')
  @ApiOperation({
    summary: 'Dress a person in a garment, as a shop asks for it',
    description:
      'By JSON, or by multipart/form-data with the files user_image and catalog_image after user_id and api_key: ' +
      'nothing of a file is read before its sender is known. A file wins over an address.',
  })
  @ApiConsumes(JSON_TYPE, FORM_TYPE)
  @ApiBody({ type: CreateTryOnDto, examples: CREATE_IMAGE_EXAMPLES })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  @ApiHeader({ name: 'x-search-space-id', required: false })
  @ApiOkResponse({ type: TryOnResponse })
  @toFault(400, 'A picture or a field is missing or unusable, or the content was refused')
  @toFault(401, 'Nobody is known by these credentials')
  @toFault(403, 'Too little credit, no right to make pictures here, or no consent')
  @toFault(429, 'Too many try-ons of this user, or requests of this caller, in a minute')
  @toFault(500, 'The picture could not be made')
  @toFault(502, 'A picture could not be downloaded from its address')
  @toFault(503, 'No vendor, or the account backend is away')
  async create(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TryOnResponse> {
    return this.images.answer(request, reply).catch((error: unknown) => {
      throw toFacadeError(error);
    });
  }
}
