import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { RequiresSession } from '../../http/requires.decorator.js';
import { ApiKeysService } from '../api-keys.service.js';
import {
  ApiKeyResponse,
  ApiKeysPageResponse,
  CreateApiKeyDto,
  IssuedKeyResponse,
  ListApiKeysDto,
  toApiKeyResponse,
  toIssuedKeyResponse,
  toNewApiKey,
} from './api-keys.dto.js';

@ApiTags('api-keys')
@Controller('api/v1/api-keys')
export class ApiKeysController {
  constructor(private readonly apiKeys: ApiKeysService) {}

  @Post()
  @RequiresSession()
  @ApiOperation({
    summary: 'Make an API key for a search space',
    description: 'A key can do no more than its maker, now and later. The answer shows it once.',
  })
  @ApiCreatedResponse({ type: IssuedKeyResponse })
  async create(
    @CurrentCaller() caller: Caller,
    @Body() body: CreateApiKeyDto,
  ): Promise<IssuedKeyResponse> {
    return toIssuedKeyResponse(await this.apiKeys.create(caller, toNewApiKey(body)));
  }

  @Get()
  @RequiresSession()
  @ApiOperation({
    summary: 'Your API keys, newest first',
    description: 'With search_space_id, and api_access:manage there, those of all its members.',
  })
  @ApiOkResponse({ type: ApiKeysPageResponse })
  async list(
    @CurrentCaller() caller: Caller,
    @Query() query: ListApiKeysDto,
  ): Promise<ApiKeysPageResponse> {
    const page = toIdPageRequest(query);
    const apiKeys = await this.apiKeys.list(caller, query.search_space_id ?? null, page);
    return toPage(apiKeys.map(toApiKeyResponse), page.limit);
  }

  @Get(':id')
  @RequiresSession()
  @ApiOperation({ summary: 'One API key, without the key itself' })
  @ApiOkResponse({ type: ApiKeyResponse })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<ApiKeyResponse> {
    return toApiKeyResponse(await this.apiKeys.get(caller, id));
  }

  @Delete(':id')
  @RequiresSession()
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke an API key' })
  @ApiNoContentResponse({ description: 'The key works nowhere any more within a second' })
  async revoke(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    await this.apiKeys.revoke(caller, id);
  }
}
