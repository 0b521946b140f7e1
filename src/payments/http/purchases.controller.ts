import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires, RequiresSession } from '../../http/requires.decorator.js';
import { PurchasesService } from '../purchases.service.js';
import { SettlePurchaseService } from '../settle-purchase.service.js';
import {
  CreatePurchaseDto,
  OpenPurchaseResponse,
  PurchaseResponse,
  PurchasesPageResponse,
  PurchasesQueryDto,
  toOpenPurchaseResponse,
  toPurchaseResponse,
} from './purchases.dto.js';

@ApiTags('billing')
@Controller('api/v1/billing/purchases')
export class PurchasesController {
  constructor(
    private readonly purchases: PurchasesService,
    private readonly settling: SettlePurchaseService,
  ) {}

  @Post()
  @RequiresSession('settings:update')
  @ApiOperation({
    summary: 'Buy credit for a search space',
    description:
      'Answers a page of the payment provider. With a purchase_id of your own it may be sent again safely.',
  })
  @ApiCreatedResponse({ type: OpenPurchaseResponse })
  @ApiConflictResponse({ description: 'The purchase_id is in use, or too many pages are open' })
  @ApiServiceUnavailableResponse({ description: 'No payment provider is configured' })
  async create(
    @CurrentContext() { caller, spaceId }: RequestContext,
    @Body() body: CreatePurchaseDto,
  ): Promise<OpenPurchaseResponse> {
    assert(caller && spaceId, 'credit was bought without a caller or a space');
    const input = {
      searchSpaceId: spaceId,
      quantity: body.quantity,
      purchaseId: body.purchase_id,
      savesMethod: body.save_payment_method ?? false,
    };
    return toOpenPurchaseResponse(await this.purchases.open(caller, input));
  }

  @Get()
  @Requires('settings:view', { space: 'query' })
  @ApiOperation({ summary: 'The purchases of a search space, newest first' })
  @ApiOkResponse({ type: PurchasesPageResponse })
  async list(
    @Query() query: PurchasesQueryDto,
    @CurrentContext() { spaceId }: RequestContext,
  ): Promise<PurchasesPageResponse> {
    assert(spaceId, 'purchases were asked for in no space');
    const page = toIdPageRequest(query);
    const purchases = await this.purchases.list(spaceId, page);
    return toPage(purchases.map(toPurchaseResponse), page.limit);
  }

  @Get(':id')
  @Requires('settings:view', { space: 'row' })
  @ApiOperation({ summary: 'One purchase' })
  @ApiOkResponse({ type: PurchaseResponse })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<PurchaseResponse> {
    return toPurchaseResponse(await this.purchases.getFor(caller, id, 'settings:view'));
  }

  @Post(':id/finalize')
  @RequiresSession('settings:update', { space: 'row' })
  @HttpCode(200)
  @ApiOperation({
    summary: 'Ask the payment provider about a purchase now',
    description: 'For the page that payers come back to: a late webhook does not matter then.',
  })
  @ApiOkResponse({ type: PurchaseResponse })
  @ApiServiceUnavailableResponse({ description: 'No payment provider is configured' })
  async finalize(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<PurchaseResponse> {
    const purchase = await this.purchases.getOwn(caller, id);
    return toPurchaseResponse(await this.settling.settle(purchase));
  }
}
