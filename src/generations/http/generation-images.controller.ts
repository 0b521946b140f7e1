import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../http/public.decorator.js';
import { PictureSender } from '../../media/serving/picture-sender.js';
import { ShowImageService } from '../show-image.service.js';

@ApiTags('image-generations')
@Controller('api/v1/image-generations')
export class GenerationImagesController {
  constructor(
    private readonly images: ShowImageService,
    private readonly sender: PictureSender,
  ) {}

  @Get(':id/image')
  @Public()
  @ApiOperation({ summary: 'One picture; the signed token of its link is the credential' })
  @ApiQuery({ name: 'token', required: true, type: String })
  @ApiQuery({ name: 'index', required: false, schema: { type: 'integer', default: 0 } })
  @ApiOkResponse({ content: { 'image/png': {}, 'image/jpeg': {}, 'image/webp': {} } })
  @ApiResponse({
    status: 206,
    description: 'The part that Range names',
    content: { 'image/png': {}, 'image/jpeg': {}, 'image/webp': {} },
  })
  @ApiResponse({ status: 304, description: 'If-None-Match names the picture' })
  @ApiResponse({ status: 403, description: 'The link is forged, expired or revoked' })
  @ApiResponse({ status: 416, description: 'The picture has no such part' })
  async show(
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.sender.send(await this.images.open(id, query), request, reply);
  }
}
