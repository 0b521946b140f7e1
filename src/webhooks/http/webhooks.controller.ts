import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires, RequiresSession } from '../../http/requires.decorator.js';
import { OVERLAP_DEFAULT_S } from '../domain/webhook-endpoint.js';
import { WebhooksService } from '../webhooks.service.js';
import {
  toWebhookResponse,
  WebhookResponse,
  WebhooksPageResponse,
  WebhookWithSecretResponse,
} from './webhook.response.js';
import {
  CreateWebhookDto,
  ListWebhooksDto,
  RotateWebhookSecretDto,
  UpdateWebhookDto,
} from './webhooks.dto.js';
import { toWebhookChanges, toWebhookDraft } from './to-webhook-input.js';

@ApiTags('webhooks')
@Controller('api/v1/webhooks')
export class WebhooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  @Post()
  @RequiresSession('settings:update')
  @ApiOperation({
    summary: 'Have events of a space sent to an address',
    description:
      'Signed as Standard Webhooks has it; the answer shows the secret this once. At least once, in no order: ' +
      'know a repetition by its webhook-id.',
  })
  @ApiCreatedResponse({ type: WebhookWithSecretResponse })
  @ApiConflictResponse({ description: 'There are too many' })
  async create(
    @CurrentContext() { caller, spaceId }: RequestContext,
    @Body() body: CreateWebhookDto,
  ): Promise<WebhookWithSecretResponse> {
    assert(caller && spaceId, 'a webhook was asked for without a caller or a space');
    const made = await this.webhooks.create(caller, toWebhookDraft(spaceId, body));
    return { ...toWebhookResponse(made.endpoint), secret: made.secret };
  }

  @Get()
  @Requires('settings:view', { space: 'query' })
  @ApiOperation({ summary: 'The webhooks of a search space, newest first' })
  @ApiOkResponse({ type: WebhooksPageResponse })
  async list(
    @CurrentContext() { spaceId }: RequestContext,
    @Query() query: ListWebhooksDto,
  ): Promise<WebhooksPageResponse> {
    assert(spaceId, 'webhooks were asked for in no space');
    const page = toIdPageRequest(query);
    const endpoints = await this.webhooks.list(spaceId, page);
    return toPage(endpoints.map(toWebhookResponse), page.limit);
  }

  @Get(':id')
  @Requires('settings:view', { space: 'row' })
  @ApiOperation({ summary: 'One webhook, and what is wrong with it' })
  @ApiOkResponse({ type: WebhookResponse })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<WebhookResponse> {
    return toWebhookResponse(await this.webhooks.getFor(caller, id, 'settings:view'));
  }

  @Patch(':id')
  @RequiresSession('settings:update', { space: 'row' })
  @ApiOperation({
    summary: 'Change, disable or enable a webhook',
    description: 'What is left out stays as it is. What waits goes to the new address.',
  })
  @ApiOkResponse({ type: WebhookResponse })
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateWebhookDto,
  ): Promise<WebhookResponse> {
    return toWebhookResponse(await this.webhooks.update(caller, id, toWebhookChanges(body)));
  }

  @Delete(':id')
  @RequiresSession('settings:update', { space: 'row' })
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a webhook with its log; what waits is not sent' })
  @ApiNoContentResponse({ description: 'It is gone' })
  async remove(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    await this.webhooks.remove(caller, id);
  }

  @Post(':id/rotate-secret')
  @RequiresSession('settings:update', { space: 'row' })
  @HttpCode(200)
  @ApiOperation({
    summary: 'Sign with a new secret',
    description:
      'For overlap_s both secrets sign, so that receivers can change over without a gap.',
  })
  @ApiOkResponse({ type: WebhookWithSecretResponse })
  async rotateSecret(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() { overlap_s: overlapS = OVERLAP_DEFAULT_S }: RotateWebhookSecretDto,
  ): Promise<WebhookWithSecretResponse> {
    const rotated = await this.webhooks.rotateSecret(caller, id, overlapS);
    return { ...toWebhookResponse(rotated.endpoint), secret: rotated.secret };
  }
}
