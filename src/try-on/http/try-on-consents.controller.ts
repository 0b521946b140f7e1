import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { RequiresSession } from '../../http/requires.decorator.js';
import { ConsentsService } from '../consents.service.js';
import { DeclarationsService } from '../declarations.service.js';
import {
  DeclareTryOnConsentDto,
  ListConsentsDto,
  toConsentResponse,
  toDeclarationResponse,
  TryOnConsentResponse,
  TryOnConsentsPageResponse,
  TryOnDeclarationResponse,
} from './consents.dto.js';

@ApiTags('try-on')
@Controller('api/v1')
export class TryOnConsentsController {
  constructor(
    private readonly consents: ConsentsService,
    private readonly declarations: DeclarationsService,
  ) {}

  @Get('try-on/consents')
  @RequiresSession('settings:view', { space: 'query' })
  @ApiOperation({ summary: 'Why persons were shown in the try-ons of a space, newest first' })
  @ApiOkResponse({ type: TryOnConsentsPageResponse })
  async list(
    @CurrentContext() { spaceId }: RequestContext,
    @Query() query: ListConsentsDto,
  ): Promise<TryOnConsentsPageResponse> {
    assert(spaceId, 'consents were asked for in no space');
    const page = toIdPageRequest(query);
    const consents = await this.consents.list(spaceId, page);
    return toPage(consents.map(toConsentResponse), page.limit);
  }

  @Post('try-on/consents/:id/withdraw')
  @HttpCode(200)
  @RequiresSession('settings:update', { space: 'row' })
  @ApiOperation({
    summary: 'Withdraw a consent',
    description:
      'The try-on goes, with the picture of the person, what was made of it and every link. The record stays, marked.',
  })
  @ApiOkResponse({ type: TryOnConsentResponse })
  @ApiConflictResponse({ description: 'The try-on still runs and does not stop; send it again' })
  async withdraw(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<TryOnConsentResponse> {
    return toConsentResponse(await this.consents.withdraw(caller, id));
  }

  @Get('search-spaces/:spaceId/try-on-consent')
  @ApiParam({ name: 'spaceId', type: String, format: 'uuid' })
  @RequiresSession('settings:view', { space: 'path' })
  @ApiOperation({ summary: 'What a space declares of the persons in its try-ons' })
  @ApiOkResponse({ type: TryOnDeclarationResponse })
  async find(@CurrentContext() { spaceId }: RequestContext): Promise<TryOnDeclarationResponse> {
    assert(spaceId, 'a declaration was asked for in no space');
    return toDeclarationResponse(spaceId, await this.declarations.find(spaceId));
  }

  @Put('search-spaces/:spaceId/try-on-consent')
  @ApiParam({ name: 'spaceId', type: String, format: 'uuid' })
  @RequiresSession('settings:update', { space: 'path' })
  @ApiOperation({
    summary: 'Declare that every person in the pictures of a space agreed',
    description:
      'For clients of POST /api/v1/create-image, which cannot say so with each request. With declares: false it ends.',
  })
  @ApiOkResponse({ type: TryOnDeclarationResponse })
  async declare(
    @CurrentContext() { caller, spaceId }: RequestContext,
    @Body() { declares, text_version: textVersion }: DeclareTryOnConsentDto,
  ): Promise<TryOnDeclarationResponse> {
    assert(caller && spaceId, 'a declaration was made without a caller or a space');
    if (!declares) await this.declarations.revoke(spaceId);
    else await this.declarations.declare(caller, spaceId, textVersion ?? '');
    return toDeclarationResponse(spaceId, await this.declarations.find(spaceId));
  }
}
