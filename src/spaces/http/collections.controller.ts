import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import { CollectionsService } from '../collections.service.js';
import {
  CollectionResponse,
  CollectionsPageResponse,
  CreateCollectionDto,
  ListCollectionsDto,
  toCollectionResponse,
  UpdateCollectionDto,
} from './collections.dto.js';

@ApiTags('collections')
@Controller('api/v1/collections')
export class CollectionsController {
  constructor(private readonly collections: CollectionsService) {}

  @Post()
  @Requires('image_generations:create')
  @ApiOperation({
    summary: 'Make a collection: a project inside a search space',
    description: 'Name it in collection_id when you make pictures.',
  })
  @ApiCreatedResponse({ type: CollectionResponse })
  @ApiConflictResponse({ description: 'The name is in use, or there are too many' })
  async create(
    @CurrentContext() { caller, spaceId }: RequestContext,
    @Body() { name, description }: CreateCollectionDto,
  ): Promise<CollectionResponse> {
    assert(caller && spaceId, 'a collection was asked for without a caller or a space');
    const input = { searchSpaceId: spaceId, name, description };
    return toCollectionResponse(await this.collections.create(caller, input));
  }

  @Get()
  @Requires('image_generations:read', { space: 'query' })
  @ApiOperation({ summary: 'The collections of a search space, newest first' })
  @ApiOkResponse({ type: CollectionsPageResponse })
  async list(
    @CurrentContext() { spaceId }: RequestContext,
    @Query() query: ListCollectionsDto,
  ): Promise<CollectionsPageResponse> {
    assert(spaceId, 'collections were asked for in no space');
    const page = toIdPageRequest(query);
    const collections = await this.collections.list(spaceId, page);
    return toPage(collections.map(toCollectionResponse), page.limit);
  }

  @Get(':id')
  @Requires('image_generations:read', { space: 'row' })
  @ApiOperation({ summary: 'One collection' })
  @ApiOkResponse({ type: CollectionResponse })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<CollectionResponse> {
    return toCollectionResponse(
      await this.collections.getFor(caller, id, 'image_generations:read'),
    );
  }

  @Patch(':id')
  @Requires('image_generations:create', { space: 'row' })
  @ApiOperation({ summary: 'Change a collection' })
  @ApiOkResponse({ type: CollectionResponse })
  @ApiConflictResponse({ description: 'The name is in use' })
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateCollectionDto,
  ): Promise<CollectionResponse> {
    return toCollectionResponse(await this.collections.update(caller, id, body));
  }

  @Delete(':id')
  @Requires('image_generations:delete', { space: 'row' })
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a collection; its generations stay, in no collection' })
  @ApiNoContentResponse({ description: 'It is gone' })
  async remove(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    await this.collections.remove(caller, id);
  }
}
