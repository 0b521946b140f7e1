import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires, RequiresOperator } from '../../http/requires.decorator.js';
import { SubscriptionsService } from '../subscriptions.service.js';
import {
  CreateSubscriptionDto,
  SubscriptionResponse,
  SubscriptionsPageResponse,
  toNewSubscription,
  toSubscriptionChanges,
  toSubscriptionResponse,
  UpdateSubscriptionDto,
} from './subscriptions.dto.js';
import { SpacePageQueryDto } from './wallets.dto.js';

@ApiTags('billing')
@Controller('api/v1/billing/subscriptions')
export class SubscriptionsController {
  constructor(private readonly subscriptions: SubscriptionsService) {}

  @Post()
  @RequiresOperator()
  @ApiOperation({
    summary: 'Let a search space use so much in every window, without its wallet',
    description: 'Until it expires; then calls are refused until it is renewed or ended.',
  })
  @ApiCreatedResponse({ type: SubscriptionResponse })
  @ApiConflictResponse({ description: 'The space has a subscription that is not ended' })
  async create(
    @CurrentCaller() caller: Caller,
    @Body() body: CreateSubscriptionDto,
  ): Promise<SubscriptionResponse> {
    const made = await this.subscriptions.create(caller, toNewSubscription(body));
    return toSubscriptionResponse(made);
  }

  @Get()
  @Requires('settings:view', { space: 'query' })
  @ApiOperation({ summary: 'The subscriptions of a search space and what is used, newest first' })
  @ApiOkResponse({ type: SubscriptionsPageResponse })
  async list(
    @CurrentContext() { spaceId }: RequestContext,
    @Query() query: SpacePageQueryDto,
  ): Promise<SubscriptionsPageResponse> {
    assert(spaceId, 'subscriptions were asked for in no space');
    const page = toIdPageRequest(query);
    const subscriptions = await this.subscriptions.list(spaceId, page);
    return toPage(subscriptions.map(toSubscriptionResponse), page.limit);
  }

  @Get('all')
  @RequiresOperator()
  @ApiOperation({ summary: 'The subscriptions of all search spaces, newest first' })
  @ApiOkResponse({ type: SubscriptionsPageResponse })
  async listAll(@Query() query: PageQueryDto): Promise<SubscriptionsPageResponse> {
    const page = toIdPageRequest(query);
    const subscriptions = await this.subscriptions.list(null, page);
    return toPage(subscriptions.map(toSubscriptionResponse), page.limit);
  }

  @Patch(':id')
  @RequiresOperator()
  @ApiOperation({ summary: 'Renew a subscription, or change what it allows' })
  @ApiOkResponse({ type: SubscriptionResponse })
  async update(
    @Param('id') id: string,
    @Body() body: UpdateSubscriptionDto,
  ): Promise<SubscriptionResponse> {
    const changed = await this.subscriptions.change(id, toSubscriptionChanges(body));
    return toSubscriptionResponse(changed);
  }

  @Post(':id/end')
  @RequiresOperator()
  @HttpCode(200)
  @ApiOperation({ summary: 'End a subscription: the wallet pays again' })
  @ApiOkResponse({ type: SubscriptionResponse })
  async end(@Param('id') id: string): Promise<SubscriptionResponse> {
    return toSubscriptionResponse(await this.subscriptions.end(id));
  }
}
