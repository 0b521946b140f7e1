import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { NoFieldsDto } from '../../http/no-fields.dto.js';
import { Public } from '../../http/public.decorator.js';
import { Requires } from '../../http/requires.decorator.js';
import { TRANSFORM_FIELDS } from '../domain/transform.js';
import { PictureSender } from '../serving/picture-sender.js';
import { ShareMediaService } from '../serving/share-media.service.js';
import { CreateMediaLinkDto, MediaLinkDto, toLinkWish, toMediaLink } from './media-links.dto.js';

const EXAMPLES = {
  plain: { summary: 'The picture as it is', value: {} },
  small: {
    summary: 'A small AVIF of it, for an hour',
    value: {
      expires_s: 3_600,
      transform: { width: 512, height: 512, fit: 'cover', format: 'avif' },
    },
  },
};

@ApiTags('media')
@Controller('api/v1/media')
export class MediaLinksController {
  constructor(
    private readonly shares: ShareMediaService,
    private readonly sender: PictureSender,
  ) {}

  @Post(':id/links')
  @HttpCode(200)
  @Requires(null, { space: 'row' })
  @ApiOperation({
    summary: 'A link that shows a picture to whoever has it',
    description: 'As it is, or as something that is made of it. Nothing is stored for it.',
  })
  @ApiBody({ type: CreateMediaLinkDto, examples: EXAMPLES })
  @ApiOkResponse({ type: MediaLinkDto })
  async share(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: CreateMediaLinkDto,
  ): Promise<MediaLinkDto> {
    return toMediaLink(await this.shares.share(caller, id, toLinkWish(body)));
  }

  @Post(':id/links/revoke')
  @HttpCode(204)
  @Requires(null, { space: 'row' })
  @ApiOperation({
    summary: 'End every link to a picture',
    description:
      'Those in records of generations too; whoever reads the record again gets fresh ones.',
  })
  @ApiNoContentResponse({ description: 'No link that was given out before opens it any more' })
  async revoke(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() _body: NoFieldsDto,
  ): Promise<void> {
    await this.shares.revoke(caller, id);
  }

  @Get(':id/file')
  @Public()
  @ApiOperation({
    summary: 'A picture; the signed token of its link is the credential',
    description: `The parameters of a transform (${TRANSFORM_FIELDS.join(', ')}) are part of what is signed.`,
  })
  @ApiQuery({ name: 'token', required: true, type: String })
  @ApiOkResponse({
    content: { 'image/png': {}, 'image/jpeg': {}, 'image/webp': {}, 'image/avif': {} },
  })
  @ApiResponse({
    status: 206,
    description: 'The part that Range names',
    content: { 'image/png': {}, 'image/jpeg': {}, 'image/webp': {}, 'image/avif': {} },
  })
  @ApiResponse({ status: 304, description: 'If-None-Match names the picture' })
  @ApiResponse({ status: 403, description: 'The link is forged, expired, revoked or changed' })
  @ApiResponse({ status: 416, description: 'The picture has no such part' })
  @ApiResponse({ status: 429, description: 'Too many pictures are being made' })
  async show(
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.sender.send(await this.shares.open(id, query), request, reply);
  }
}
