import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires, RequiresOperator } from '../../http/requires.decorator.js';
import { LegalHoldsService } from '../legal-holds.service.js';
import {
  LegalHoldResponse,
  LegalHoldsPageResponse,
  LiftLegalHoldDto,
  ListLegalHoldsDto,
  PlaceLegalHoldDto,
  toHoldRequest,
  toLegalHoldResponse,
} from './legal-holds.dto.js';

@ApiTags('retention')
@Controller('api/v1')
export class LegalHoldsController {
  constructor(private readonly holds: LegalHoldsService) {}

  @Post('search-spaces/:spaceId/legal-holds')
  @RequiresOperator()
  @ApiOperation({
    summary: 'Keep pictures from being deleted, for operators',
    description:
      'Until it is lifted nobody deletes what it names: no user, no retention, no cleanup, no withdrawal of a consent; ' +
      'the space itself cannot be deleted either.',
  })
  @ApiCreatedResponse({ type: LegalHoldResponse })
  async place(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Body() body: PlaceLegalHoldDto,
  ): Promise<LegalHoldResponse> {
    return toLegalHoldResponse(await this.holds.place(caller, toHoldRequest(spaceId, body)));
  }

  @Get('search-spaces/:spaceId/legal-holds')
  @Requires('settings:view', { space: 'path' })
  @ApiParam({ name: 'spaceId', type: String })
  @ApiOperation({ summary: 'The legal holds of a space, newest first, lifted ones too' })
  @ApiOkResponse({ type: LegalHoldsPageResponse })
  async list(
    @CurrentContext() { spaceId }: RequestContext,
    @Query() query: PageQueryDto,
  ): Promise<LegalHoldsPageResponse> {
    assert(spaceId, 'legal holds were asked for in no space');
    const page = toIdPageRequest(query);
    const holds = await this.holds.list(spaceId, page);
    return toPage(holds.map(toLegalHoldResponse), page.limit);
  }

  @Get('ops/legal-holds')
  @RequiresOperator()
  @ApiOperation({ summary: 'The legal holds of all spaces, for operators' })
  @ApiOkResponse({ type: LegalHoldsPageResponse })
  async listAll(@Query() query: ListLegalHoldsDto): Promise<LegalHoldsPageResponse> {
    const page = toIdPageRequest(query);
    const holds = await this.holds.list(query.search_space_id ?? null, page);
    return toPage(holds.map(toLegalHoldResponse), page.limit);
  }

  @Post('search-spaces/:spaceId/legal-holds/:id/lift')
  @HttpCode(200)
  @RequiresOperator()
  @ApiOperation({
    summary: 'Lift a legal hold, for operators',
    description: 'The record of it stays. What is past its time goes with the next round.',
  })
  @ApiOkResponse({ type: LegalHoldResponse })
  @ApiConflictResponse({ description: 'It was lifted before' })
  async lift(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Param('id') id: string,
    @Body() { reason }: LiftLegalHoldDto,
  ): Promise<LegalHoldResponse> {
    return toLegalHoldResponse(await this.holds.lift(caller, spaceId, id, reason));
  }
}
