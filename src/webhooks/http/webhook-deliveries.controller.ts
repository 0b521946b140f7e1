import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiConflictResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { Requires, RequiresSession } from '../../http/requires.decorator.js';
import { REDELIVERED_MAX } from '../domain/delivery.js';
import { WebhookDeliveriesService } from '../webhook-deliveries.service.js';
import {
  DeliveriesPageResponse,
  DeliveryResponse,
  ListDeliveriesDto,
  RedeliveredResponse,
  toDeliveryResponse,
} from './webhook-deliveries.dto.js';

@ApiTags('webhooks')
@Controller('api/v1/webhooks/:id')
export class WebhookDeliveriesController {
  constructor(private readonly deliveries: WebhookDeliveriesService) {}

  @Post('test')
  @RequiresSession('settings:update', { space: 'row' })
  @HttpCode(202)
  @ApiOperation({
    summary: 'Send webhook.test to this webhook',
    description: 'The log of deliveries tells what came of it.',
  })
  @ApiAcceptedResponse({ type: DeliveryResponse })
  @ApiConflictResponse({ description: 'It is disabled' })
  async test(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<DeliveryResponse> {
    return toDeliveryResponse(await this.deliveries.test(caller, id));
  }

  @Get('deliveries')
  @Requires('settings:view', { space: 'row' })
  @ApiOperation({
    summary: 'What was sent, newest first, and what came of it',
    description: 'Kept for WEBHOOK_LOG_DAYS. status=dead lists what was given up.',
  })
  @ApiOkResponse({ type: DeliveriesPageResponse })
  async list(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: ListDeliveriesDto,
  ): Promise<DeliveriesPageResponse> {
    const page = toIdPageRequest(query);
    const { status, event } = query;
    const deliveries = await this.deliveries.list(caller, id, { status, event }, page);
    return toPage(deliveries.map(toDeliveryResponse), page.limit);
  }

  @Post('deliveries/redeliver-dead')
  @RequiresSession('settings:update', { space: 'row' })
  @HttpCode(202)
  @ApiOperation({
    summary: 'Send again what was given up',
    description: `The oldest ${REDELIVERED_MAX} at most, with all attempts anew.`,
  })
  @ApiAcceptedResponse({ type: RedeliveredResponse })
  @ApiConflictResponse({ description: 'The webhook is disabled' })
  async redeliverDead(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<RedeliveredResponse> {
    const { count, hasMore } = await this.deliveries.redeliverDead(caller, id);
    return { redelivered: count, has_more: hasMore };
  }

  @Post('deliveries/:deliveryId/redeliver')
  @RequiresSession('settings:update', { space: 'row' })
  @HttpCode(202)
  @ApiOperation({
    summary: 'Send one again',
    description: 'Under the same webhook-id, with all attempts anew, whatever came of it before.',
  })
  @ApiAcceptedResponse({ type: DeliveryResponse })
  @ApiConflictResponse({ description: 'The webhook is disabled, or it is being sent' })
  async redeliver(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Param('deliveryId') deliveryId: string,
  ): Promise<DeliveryResponse> {
    return toDeliveryResponse(await this.deliveries.redeliver(caller, id, deliveryId));
  }
}
