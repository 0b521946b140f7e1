import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import { CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires, RequiresOperator } from '../../http/requires.decorator.js';
import { OfferedProvidersService } from '../offered-providers.service.js';
import { ANALYTICS_DAYS_MAX, UpstreamAnalyticsService } from '../upstream-analytics.service.js';
import { UpstreamStatusService } from '../upstream-status.service.js';
import { ProviderStatusListResponse, toStatusResponse } from './provider-status.response.js';
import { OwnStatusQueryDto } from './own-status.dto.js';
import {
  AnalyticsQueryDto,
  AnalyticsResponse,
  ProvidersResponse,
  toAnalyticsResponse,
  toProvidersResponse,
} from './providers.dto.js';

const FOR_KEYS = 'An API key needs the scope admin.status.';

/** Providers: which there are, and how they fare. */
@ApiTags('providers')
@Controller('api/v1/providers')
export class OfferedProvidersController {
  constructor(
    private readonly providers: OfferedProvidersService,
    private readonly status: UpstreamStatusService,
    private readonly analytics: UpstreamAnalyticsService,
  ) {}

  @Get()
  @Requires()
  @ApiOperation({ summary: 'Which providers there are, and what they make' })
  @ApiOkResponse({ type: ProvidersResponse })
  async list(): Promise<ProvidersResponse> {
    return toProvidersResponse(await this.providers.list());
  }

  @Get('status')
  @RequiresOperator({ scopes: ['admin.status'] })
  @ApiOperation({
    summary: "How the house's connections fare",
    description: `Of the last hour, over all processes. ${FOR_KEYS}`,
  })
  @ApiOkResponse({ type: ProviderStatusListResponse })
  async showStatus(): Promise<ProviderStatusListResponse> {
    return toStatusResponse(await this.status.listGlobal());
  }

  @Get('status/own')
  @Requires('llm_configs:read', { space: 'query' })
  @ApiOperation({
    summary: "How a space's own connections fare",
    description: 'Of the last hour, over all processes.',
  })
  @ApiOkResponse({ type: ProviderStatusListResponse })
  async showOwnStatus(
    @Query() _query: OwnStatusQueryDto,
    @CurrentContext() { spaceId }: RequestContext,
  ): Promise<ProviderStatusListResponse> {
    assert(spaceId, 'a route whose space is in the query knows it');
    return toStatusResponse(await this.status.listOwn(spaceId));
  }

  @Get('analytics')
  @RequiresOperator({ scopes: ['admin.status'] })
  @ApiOperation({
    summary: 'How they fared by day, provider and model',
    description: `At most ${ANALYTICS_DAYS_MAX} days. ${FOR_KEYS}`,
  })
  @ApiOkResponse({ type: AnalyticsResponse })
  async analyze(@Query() query: AnalyticsQueryDto): Promise<AnalyticsResponse> {
    return toAnalyticsResponse(await this.analytics.analyze(query));
  }
}
