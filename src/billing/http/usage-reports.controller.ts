import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { Clock } from '../../common/clock.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires, RequiresOperator } from '../../http/requires.decorator.js';
import { toUsagePeriod } from '../domain/usage-period.js';
import type { UsageReportRequest } from '../domain/usage-report.js';
import {
  EXPORT_GROUPS_MAX,
  type FreshReport,
  UsageReportsService,
} from '../usage-reports.service.js';
import { sendTable } from './send-table.js';
import {
  toOffsetRequest,
  toReportQuery,
  UsagePeriodQueryDto,
  UsageReportQueryDto,
} from './usage-query.dto.js';
import {
  listReportFields,
  MemberCostsResponse,
  toGroupResponse,
  toMembersResponse,
  toReportResponse,
  UsageReportResponse,
} from './usage-report.dto.js';

const DAYS_DEFAULT = 30;
const PERIOD = `UTC days, at most 366; the last ${DAYS_DEFAULT} unless named.`;
const OWN = 'Who lacks settings:view sees their own usage.';
const CSV = { description: 'One group a line', content: { 'text/csv': {} } };
const FILE = `CSV of at most ${EXPORT_GROUPS_MAX} groups; more are refused, not cut.`;

/** Sums of usage: of one space for its members, of all of them for operators. */
@ApiTags('billing')
@Controller('api/v1/billing/usage')
export class UsageReportsController {
  constructor(
    private readonly reports: UsageReportsService,
    private readonly clock: Clock,
  ) {}

  @Get('report')
  @Requires(null, { space: 'query' })
  @ApiOperation({ summary: 'Usage added up by what you name', description: `${PERIOD} ${OWN}` })
  @ApiOkResponse({ type: UsageReportResponse })
  async report(
    @CurrentCaller() caller: Caller,
    @Query() query: UsageReportQueryDto,
    @CurrentContext() context: RequestContext,
  ): Promise<UsageReportResponse> {
    const request = this.toRequest(query, false);
    const report = await this.reports.report(caller, toSpaceId(context), request);
    return toReportResponse(report, request.period, request.offset);
  }

  @Get('report/export')
  @Requires(null, { space: 'query' })
  @ApiOperation({ summary: 'The same as a file', description: `${FILE} ${OWN}` })
  @ApiOkResponse(CSV)
  async export(
    @CurrentCaller() caller: Caller,
    @Query() query: UsageReportQueryDto,
    @CurrentContext() context: RequestContext,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const request = toExport(this.toRequest(query, false));
    const report = await this.reports.report(caller, toSpaceId(context), request);
    this.send(reply, request, report);
  }

  @Get('members')
  @Requires(null, { space: 'query' })
  @ApiOperation({
    summary: 'What each member of a search space used, highest cost first',
    description: `${PERIOD} Names are for who may see members, in a session. ${OWN}`,
  })
  @ApiOkResponse({ type: MemberCostsResponse })
  async members(
    @CurrentCaller() caller: Caller,
    @Query() query: UsagePeriodQueryDto,
    @CurrentContext() context: RequestContext,
  ): Promise<MemberCostsResponse> {
    const period = toUsagePeriod(query, this.clock.now(), DAYS_DEFAULT);
    const page = toOffsetRequest(query);
    const costs = await this.reports.listMembers(caller, toSpaceId(context), { period, ...page });
    return toMembersResponse(costs, period, page.offset);
  }

  @Get('report/all')
  @RequiresOperator()
  @ApiOperation({
    summary: 'Usage of all search spaces, or of one, added up by what you name',
    description: `${PERIOD} For operators.`,
  })
  @ApiOkResponse({ type: UsageReportResponse })
  async reportAll(@Query() query: UsageReportQueryDto): Promise<UsageReportResponse> {
    const request = this.toRequest(query, true);
    const report = await this.reports.reportAll(request);
    return toReportResponse(report, request.period, request.offset);
  }

  @Get('report/all/export')
  @RequiresOperator()
  @ApiOperation({ summary: 'The same as a file', description: `${FILE} For operators.` })
  @ApiOkResponse(CSV)
  async exportAll(@Query() query: UsageReportQueryDto, @Res() reply: FastifyReply): Promise<void> {
    const request = toExport(this.toRequest(query, true));
    this.send(reply, request, await this.reports.reportAll(request));
  }

  private toRequest(query: UsageReportQueryDto, isOfAllSpaces: boolean): UsageReportRequest {
    const period = toUsagePeriod(query, this.clock.now(), DAYS_DEFAULT);
    return { period, ...toReportQuery(query, isOfAllSpaces) };
  }

  private send(reply: FastifyReply, { groupBy }: UsageReportRequest, report: FreshReport): void {
    this.reports.assertExportable(report);
    const rows = report.groups.map(toGroupResponse);
    sendTable(reply, 'usage-report', listReportFields(groupBy), rows);
  }
}

function toSpaceId({ spaceId }: RequestContext): string {
  assert(spaceId, 'usage was asked for in no space');
  return spaceId;
}

function toExport(request: UsageReportRequest): UsageReportRequest {
  return { ...request, offset: 0, limit: EXPORT_GROUPS_MAX };
}
