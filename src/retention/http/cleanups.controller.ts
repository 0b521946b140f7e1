import { Body, Controller, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiConflictResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires, RequiresOperator } from '../../http/requires.decorator.js';
import { CleanupsService } from '../cleanups.service.js';
import { CleanupRequests } from './cleanup-requests.js';
import { CleanupDto, CleanupResponse, SpaceCleanupDto, toCleanupResponse } from './cleanups.dto.js';

const DESCRIPTION =
  'First with dry_run: true, which deletes nothing and answers what would go; then with dry_run: false and its id as ' +
  'plan_id: what was shown goes, or less. That answers 202; Location tells how far it has come.';
const EXAMPLES = {
  show: { summary: 'Show what would go', value: { older_than_days: 90, statuses: ['failed'] } },
  begin: {
    summary: 'Do what was shown',
    value: { dry_run: false, plan_id: '0197a3c0-0000-7000-8000-000000000000' },
  },
};

@ApiTags('retention')
@Controller('api/v1')
export class CleanupsController {
  constructor(
    private readonly cleanups: CleanupsService,
    private readonly requests: CleanupRequests,
  ) {}

  @Post('storage/cleanup')
  @HttpCode(200)
  @Requires('image_generations:delete')
  @ApiOperation({ summary: 'Clear the storage of a space', description: DESCRIPTION })
  @ApiBody({ type: SpaceCleanupDto, examples: EXAMPLES })
  @ApiOkResponse({ type: CleanupResponse, description: 'What would go' })
  @ApiAcceptedResponse({ type: CleanupResponse, description: 'It is begun' })
  @ApiConflictResponse({ description: 'The plan was begun before, or is too old' })
  async clear(
    @CurrentContext() { caller, spaceId }: RequestContext,
    @Body() body: SpaceCleanupDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CleanupResponse> {
    assert(caller && spaceId, 'a cleanup was asked for without a caller or a space');
    return this.requests.answer(caller, spaceId, body, reply);
  }

  @Post('ops/storage/cleanup')
  @HttpCode(200)
  @RequiresOperator()
  @ApiOperation({
    summary: 'Clear the storage of all spaces, for operators',
    description: DESCRIPTION,
  })
  @ApiBody({ type: CleanupDto, examples: EXAMPLES })
  @ApiOkResponse({ type: CleanupResponse, description: 'What would go' })
  @ApiAcceptedResponse({ type: CleanupResponse, description: 'It is begun' })
  @ApiConflictResponse({ description: 'The plan was begun before, or is too old' })
  async clearAll(
    @CurrentCaller() caller: Caller,
    @Body() body: CleanupDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CleanupResponse> {
    return this.requests.answer(caller, null, body, reply);
  }

  @Get('storage/cleanups/:id')
  @Requires('image_generations:delete', { space: 'row' })
  @ApiOperation({ summary: 'How far a cleanup has come' })
  @ApiOkResponse({ type: CleanupResponse })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<CleanupResponse> {
    return toCleanupResponse(await this.cleanups.getFor(caller, id));
  }

  @Get('ops/storage/cleanups/:id')
  @RequiresOperator()
  @ApiOperation({ summary: 'How far a cleanup of all spaces has come, for operators' })
  @ApiOkResponse({ type: CleanupResponse })
  async getAny(@Param('id') id: string): Promise<CleanupResponse> {
    return toCleanupResponse(await this.cleanups.get(null, id));
  }
}
