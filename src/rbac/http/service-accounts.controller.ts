import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
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
import { PageQueryDto } from '../../http/page-query.dto.js';
import { RequiresSession } from '../../http/requires.decorator.js';
import { ServiceAccountsService } from '../service-accounts.service.js';
import {
  CreateServiceAccountDto,
  ServiceAccountResponse,
  ServiceAccountsPageResponse,
  toServiceAccountResponse,
} from './service-accounts.dto.js';

@ApiTags('service-accounts')
@Controller('api/v1/search-spaces/:spaceId/service-accounts')
export class ServiceAccountsController {
  constructor(private readonly accounts: ServiceAccountsService) {}

  @Get()
  @RequiresSession('api_access:manage', { space: 'path' })
  @ApiOperation({ summary: 'The service accounts of a search space, newest first' })
  @ApiOkResponse({ type: ServiceAccountsPageResponse })
  async list(
    @Param('spaceId') spaceId: string,
    @Query() query: PageQueryDto,
  ): Promise<ServiceAccountsPageResponse> {
    const page = toIdPageRequest(query);
    const accounts = await this.accounts.list(spaceId, page);
    return toPage(accounts.map(toServiceAccountResponse), page.limit);
  }

  @Post()
  @RequiresSession('api_access:manage', { space: 'path' })
  @ApiOperation({
    summary: 'Make an account that no person stands behind',
    description:
      'It cannot log in and is a member of this space alone. Make keys for it with service_account_id: they go on when whoever made them leaves.',
  })
  @ApiCreatedResponse({ type: ServiceAccountResponse })
  @ApiConflictResponse({ description: 'There are as many as may be' })
  async create(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Body() body: CreateServiceAccountDto,
  ): Promise<ServiceAccountResponse> {
    return toServiceAccountResponse(await this.accounts.create(caller, spaceId, body));
  }

  @Delete(':id')
  @RequiresSession('api_access:manage', { space: 'path' })
  @HttpCode(204)
  @ApiOperation({ summary: 'End a service account and revoke its keys' })
  @ApiNoContentResponse({ description: 'Its keys work nowhere any more within a second' })
  async remove(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Param('id') id: string,
  ): Promise<void> {
    await this.accounts.remove(caller, spaceId, id);
  }
}
