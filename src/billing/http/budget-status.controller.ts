import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { toPageRequest } from '../../common/page.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import { BudgetViewsService } from '../budget-views.service.js';
import { ClosedPeriodsPageResponse, toClosedPeriodsPage } from './budget.response.js';
import { BudgetStatusAnswer, toBudgetStatusAnswer } from './budget-status.response.js';
import { SpaceQueryDto } from './space-query.dto.js';

@ApiTags('billing')
@Controller('api/v1/billing/budgets')
export class BudgetStatusController {
  constructor(private readonly views: BudgetViewsService) {}

  @Get('status')
  @Requires(null, { space: 'query', scopes: ['budget.read'] })
  @ApiOperation({
    summary: 'Every budget that a call of yours in the space is held to',
    description:
      'With what is left of each, and where it is going at this rate. Membership is enough. Answers with an empty ' +
      'wallet too.',
  })
  @ApiOkResponse({ type: BudgetStatusAnswer })
  async status(
    @CurrentContext() { caller, spaceId }: RequestContext,
    @Query() _query: SpaceQueryDto,
  ): Promise<BudgetStatusAnswer> {
    assert(caller && spaceId, 'budgets were asked for without a caller or a space');
    return toBudgetStatusAnswer(await this.views.listStatuses(caller, spaceId));
  }

  @Get(':id/periods')
  @Requires(null, { space: 'row', scopes: ['budget.read'] })
  @ApiOperation({ summary: 'The periods of a budget that are over, newest first' })
  @ApiOkResponse({ type: ClosedPeriodsPageResponse })
  async periods(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: PageQueryDto,
  ): Promise<ClosedPeriodsPageResponse> {
    const page = toPageRequest(query);
    const periods = await this.views.listPeriods(caller, id, page);
    return toClosedPeriodsPage(periods, page.limit);
  }
}
