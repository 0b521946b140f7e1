import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import { UsageService } from '../usage.service.js';
import { toUsageResponse, UsagePageResponse } from './usage.dto.js';
import { SpacePageQueryDto } from './wallets.dto.js';

@ApiTags('billing')
@Controller('api/v1/billing/usage')
export class UsageController {
  constructor(private readonly usage: UsageService) {}

  @Get()
  @Requires('settings:view', { space: 'query' })
  @ApiOperation({
    summary: 'The billable calls of a search space, newest first',
    description:
      'One row a call, also where nothing was charged. Answers with an empty wallet too.',
  })
  @ApiOkResponse({ type: UsagePageResponse })
  async list(
    @Query() query: SpacePageQueryDto,
    @CurrentContext() { spaceId }: RequestContext,
  ): Promise<UsagePageResponse> {
    assert(spaceId, 'usage was asked for in no space');
    const page = toIdPageRequest(query);
    const records = await this.usage.list(spaceId, page);
    return toPage(records.map(toUsageResponse), page.limit);
  }
}
