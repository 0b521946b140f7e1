import { Body, Controller, Get, Param, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { encodeCursor, toIdPageRequest } from '../../common/page.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires, RequiresOperator } from '../../http/requires.decorator.js';
import { StorageQuotasService } from '../storage-quotas.service.js';
import {
  CollectionStatsPageResponse,
  CollectionStatsQueryDto,
  SetStorageQuotaDto,
  StorageStatsPageResponse,
  StorageStatsQueryDto,
  StorageStatsResponse,
  toCollectionStats,
  toStatsResponse,
} from './storage-stats.dto.js';

@ApiTags('retention')
@Controller('api/v1')
export class StorageStatsController {
  constructor(private readonly quotas: StorageQuotasService) {}

  @Get('storage/stats')
  @Requires('image_generations:read', { space: 'query' })
  @ApiOperation({ summary: 'What a space stores, and how much it may' })
  @ApiOkResponse({ type: StorageStatsResponse })
  async get(
    @CurrentContext() { spaceId }: RequestContext,
    @Query() _query: StorageStatsQueryDto,
  ): Promise<StorageStatsResponse> {
    assert(spaceId, 'storage was asked for in no space');
    return toStatsResponse(await this.quotas.findStats(spaceId));
  }

  @Get('storage/stats/collections')
  @Requires('image_generations:read', { space: 'query' })
  @ApiOperation({ summary: 'What a space stores in each collection, the newest first' })
  @ApiOkResponse({ type: CollectionStatsPageResponse })
  async listCollections(
    @CurrentContext() { spaceId }: RequestContext,
    @Query() query: CollectionStatsQueryDto,
  ): Promise<CollectionStatsPageResponse> {
    assert(spaceId, 'storage was asked for in no space');
    const page = toIdPageRequest(query);
    return toCollectionStats(await this.quotas.listCollections(spaceId, page), page.limit);
  }

  @Get('ops/storage/stats')
  @RequiresOperator()
  @ApiOperation({ summary: 'What all spaces store, the newest space first, for operators' })
  @ApiOkResponse({ type: StorageStatsPageResponse })
  async list(@Query() query: PageQueryDto): Promise<StorageStatsPageResponse> {
    const page = toIdPageRequest(query);
    const all = await this.quotas.list(page);
    const data = all.slice(0, page.limit).map(toStatsResponse);
    const last = all.length > page.limit ? data.at(-1) : undefined;
    return { data, next_cursor: last ? encodeCursor(last.search_space_id) : null };
  }

  @Put('search-spaces/:spaceId/storage-quota')
  @RequiresOperator()
  @ApiOperation({
    summary: 'Set how much a space may store, for operators',
    description: 'A space that is full makes nothing more; what runs is kept whatever it comes to.',
  })
  @ApiOkResponse({ type: StorageStatsResponse })
  async set(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Body() { max_bytes: maxBytes }: SetStorageQuotaDto,
  ): Promise<StorageStatsResponse> {
    return toStatsResponse(await this.quotas.set(caller, spaceId.toLowerCase(), maxBytes));
  }
}
