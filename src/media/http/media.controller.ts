import { Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiConflictResponse,
  ApiConsumes,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest } from '../../common/page.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import { MediaLibraryService } from '../library/media-library.service.js';
import { MediaContent } from './media-content.js';
import {
  ListMediaDto,
  MediaDto,
  MediaPageDto,
  UploadedMediaDto,
  UploadMediaDto,
} from './media.dto.js';
import { MediaUploads } from './media-uploads.js';
import { MediaViews, toLibraryFilter } from './media-views.js';

@ApiTags('media')
@Controller('api/v1/media')
export class MediaController {
  constructor(
    private readonly library: MediaLibraryService,
    private readonly uploads: MediaUploads,
    private readonly content: MediaContent,
    private readonly views: MediaViews,
  ) {}

  @Post()
  @Requires('image_generations:create', { space: 'row', form: true })
  @ApiOperation({
    summary: 'Upload up to ten pictures: all are kept, or none',
    description:
      'PNG, JPEG or WebP, told by content. What tells of place, time and maker is taken out before they are stored.',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ type: UploadMediaDto })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  @ApiHeader({ name: 'x-search-space-id', required: false, description: 'In place of the field' })
  @ApiCreatedResponse({ type: UploadedMediaDto })
  @ApiResponse({ status: 403, description: 'Not permitted, or the space has no room' })
  @ApiResponse({ status: 413, description: 'A picture or the form is too large' })
  async upload(
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UploadedMediaDto> {
    return this.uploads.answer(caller, request, reply);
  }

  @Get()
  @Requires('image_generations:read', { space: 'query' })
  @ApiOperation({
    summary: 'The pictures of a search space, newest first',
    description:
      'A page may hold fewer pictures than asked for and yet name a next one, where a filter finds few among many.',
  })
  @ApiOkResponse({ type: MediaPageDto })
  async list(
    @CurrentContext() { spaceId }: RequestContext,
    @Query() query: ListMediaDto,
  ): Promise<MediaPageDto> {
    assert(spaceId, 'pictures were asked for in no space');
    const page = toIdPageRequest(query);
    const { assets, nextCursor } = await this.library.list(toLibraryFilter(spaceId, query), page);
    return { data: await this.views.toDtos(assets), next_cursor: nextCursor };
  }

  @Get(':id')
  @Requires('image_generations:read', { space: 'row' })
  @ApiOperation({ summary: 'What is known of one picture' })
  @ApiOkResponse({ type: MediaDto })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<MediaDto> {
    return this.views.toDto(await this.library.getFor(caller, id, 'image_generations:read'));
  }

  @Get(':id/content')
  @Requires('image_generations:read', { space: 'row' })
  @ApiOperation({ summary: 'The bytes of one picture' })
  @ApiOkResponse({ content: { 'image/png': {}, 'image/jpeg': {}, 'image/webp': {} } })
  @ApiResponse({ status: 304, description: 'If-None-Match names the picture' })
  async read(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const asset = await this.library.getFor(caller, id, 'image_generations:read');
    await this.content.send(asset, reply);
  }

  @Delete(':id')
  @Requires('image_generations:delete', { space: 'row' })
  @HttpCode(204)
  @ApiOperation({
    summary: 'Delete one picture and its links',
    description: 'The record of its generation stays and lists the other pictures.',
  })
  @ApiNoContentResponse({ description: 'It is gone' })
  @ApiConflictResponse({
    description: 'A generation that has not ended works with it, or a legal hold keeps it',
  })
  async remove(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    await this.library.remove(caller, id);
  }
}
