import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../http/public.decorator.js';
import { ShowImageService } from '../show-image.service.js';

const NOT_MODIFIED = 304;

@ApiTags('image-generations')
@Controller('api/v1/image-generations')
export class GenerationImagesController {
  constructor(private readonly images: ShowImageService) {}

  @Get(':id/image')
  @Public()
  @ApiOperation({ summary: 'One picture; the signed token of its link is the credential' })
  @ApiQuery({ name: 'token', required: true, type: String })
  @ApiQuery({ name: 'index', required: false, schema: { type: 'integer', default: 0 } })
  @ApiOkResponse({ content: { 'image/png': {}, 'image/jpeg': {}, 'image/webp': {} } })
  @ApiResponse({ status: 304, description: 'If-None-Match names the picture' })
  @ApiResponse({ status: 403, description: 'The link is forged, expired or revoked' })
  async show(
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
    @Headers('if-none-match') known: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const image = await this.images.open(id, query, known);
    void reply.headers(image.headers);
    if (image.stream === null) void reply.status(NOT_MODIFIED).send();
    else void reply.send(image.stream);
  }
}
