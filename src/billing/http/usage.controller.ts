import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { Clock } from '../../common/clock.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import { toUsagePeriod } from '../domain/usage-period.js';
import type { UsageListFilter, UsageRecord } from '../domain/usage.reader.port.js';
import { UsageService } from '../usage.service.js';
import { sendTable } from './send-table.js';
import { toUsageFilter, UsageQueryDto } from './usage-query.dto.js';
import {
  toUsageResponse,
  USAGE_FIELDS,
  UsagePageResponse,
  type UsageResponse,
} from './usage.dto.js';

/** Days looked through when a list is narrowed and names no day, so that no search reads years. */
const SEARCH_DAYS = 31;
const OWN = 'Who lacks settings:view sees their own calls.';

@ApiTags('billing')
@Controller('api/v1/billing/usage')
export class UsageController {
  constructor(
    private readonly usage: UsageService,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Requires(null, { space: 'query' })
  @ApiOperation({
    summary: 'The billable calls of a search space, newest first',
    description: `One row a call, also where nothing was charged. Answers with an empty wallet too. Narrowed without days it covers the last ${SEARCH_DAYS}. ${OWN}`,
  })
  @ApiOkResponse({ type: UsagePageResponse })
  async list(
    @CurrentCaller() caller: Caller,
    @Query() query: UsageQueryDto,
    @CurrentContext() context: RequestContext,
  ): Promise<UsagePageResponse> {
    const page = toIdPageRequest(query);
    const filter = this.toFilter(query, context);
    const records = await this.usage.list(caller, filter, page);
    return toPage(records.map(toUsageResponse), page.limit);
  }

  @Get('export')
  @Requires(null, { space: 'query' })
  @ApiOperation({
    summary: 'The same as a file',
    description: `CSV, streamed; at most 1,000,000 calls, so name a period. ${OWN}`,
  })
  @ApiOkResponse({ description: 'One call a line', content: { 'text/csv': {} } })
  async export(
    @CurrentCaller() caller: Caller,
    @Query() query: UsageQueryDto,
    @CurrentContext() context: RequestContext,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const records = await this.usage.export(caller, this.toFilter(query, context));
    sendTable(reply, 'usage', USAGE_FIELDS, toRows(records));
  }

  private toFilter(query: UsageQueryDto, { spaceId }: RequestContext): UsageListFilter {
    assert(spaceId, 'usage was asked for in no space');
    const { search_space_id: _, limit: _limit, cursor: _cursor, ...narrowing } = query;
    const isNarrowed = Object.values(narrowing).some((value) => value !== undefined);
    const period = isNarrowed ? toUsagePeriod(query, this.clock.now(), SEARCH_DAYS) : null;
    return { ...toUsageFilter(query), searchSpaceId: spaceId, outcome: query.outcome, period };
  }
}

async function* toRows(records: AsyncIterable<UsageRecord>): AsyncGenerator<UsageResponse> {
  for await (const record of records) yield toUsageResponse(record);
}
