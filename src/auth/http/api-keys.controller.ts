import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
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
import { ApiKeyChangesService } from '../api-key-changes.service.js';
import { ApiKeysService } from '../api-keys.service.js';
import {
  ApiKeyResponse,
  ApiKeysPageResponse,
  IssuedKeyResponse,
  toApiKeyResponse,
  toIssuedKeyResponse,
} from './api-key.response.js';
import {
  CreateApiKeyDto,
  ListApiKeysDto,
  RotateApiKeyDto,
  toKeyChanges,
  toNewApiKey,
  UpdateApiKeyDto,
} from './api-keys.dto.js';

const REVOKED = 'The key is revoked for good';

@ApiTags('api-keys')
@Controller('api/v1/api-keys')
export class ApiKeysController {
  constructor(
    private readonly apiKeys: ApiKeysService,
    private readonly changes: ApiKeyChangesService,
  ) {}

  @Post()
  @RequiresSession()
  @ApiOperation({
    summary: 'Make an API key for a search space',
    description: 'A key can do no more than its maker, now and later. The answer shows it once.',
  })
  @ApiCreatedResponse({ type: IssuedKeyResponse })
  @ApiConflictResponse({ description: 'There are as many keys as may be' })
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

  @Patch(':id')
  @RequiresSession()
  @ApiOperation({
    summary: 'Change what an API key may do or is held to',
    description:
      'What is left out stays as it is. It never gets wider than its maker and yourself.',
  })
  @ApiOkResponse({ type: ApiKeyResponse })
  @ApiConflictResponse({ description: REVOKED })
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateApiKeyDto,
  ): Promise<ApiKeyResponse> {
    return toApiKeyResponse(await this.changes.update(caller, id, toKeyChanges(body)));
  }

  @Post(':id/activate')
  @HttpCode(200)
  @RequiresSession()
  @ApiOperation({ summary: 'Switch an API key on again' })
  @ApiOkResponse({ type: ApiKeyResponse })
  @ApiConflictResponse({ description: REVOKED })
  async activate(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<ApiKeyResponse> {
    return toApiKeyResponse(await this.changes.setActive(caller, id, true));
  }

  @Post(':id/deactivate')
  @HttpCode(200)
  @RequiresSession()
  @ApiOperation({ summary: 'Switch an API key off, until it is switched on again' })
  @ApiOkResponse({ type: ApiKeyResponse })
  @ApiConflictResponse({ description: REVOKED })
  async deactivate(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<ApiKeyResponse> {
    return toApiKeyResponse(await this.changes.setActive(caller, id, false));
  }

  @Post(':id/rotate')
  @HttpCode(200)
  @RequiresSession()
  @ApiOperation({
    summary: 'Give an API key a new secret',
    description:
      'Id, limits, counts and spend stay. The secret so far works for overlap_s more; one that was replaced before ends at once. The answer shows the new one once.',
  })
  @ApiOkResponse({ type: IssuedKeyResponse })
  @ApiConflictResponse({ description: REVOKED })
  async rotate(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: RotateApiKeyDto,
  ): Promise<IssuedKeyResponse> {
    return toIssuedKeyResponse(await this.changes.rotate(caller, id, body.overlap_s ?? 0));
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
