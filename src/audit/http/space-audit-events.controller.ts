import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { assert } from '../../common/assert.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { RequiresSession } from '../../http/requires.decorator.js';
import { AuditEventsService } from '../audit-events.service.js';
import { toAuditFields } from '../domain/audit-fields.js';
import type { AuditFilter } from '../domain/audit-filter.js';
import {
  AuditEventsPageResponse,
  SpaceAuditExportDto,
  SpaceAuditQueryDto,
  toAuditFilter,
} from './audit-events.dto.js';
import { sendExport } from './send-export.js';

/** The changes of one space, for its members who may read its logs. */
@ApiTags('audit')
@ApiParam({ name: 'spaceId', type: String, format: 'uuid' })
@Controller('api/v1/search-spaces/:spaceId/audit-events')
export class SpaceAuditEventsController {
  constructor(private readonly events: AuditEventsService) {}

  @Get()
  @RequiresSession('logs:read', { space: 'path' })
  @ApiOperation({ summary: 'Who changed what in the space, newest first' })
  @ApiOkResponse({ type: AuditEventsPageResponse })
  async list(
    @Query() query: SpaceAuditQueryDto,
    @CurrentContext() context: RequestContext,
  ): Promise<AuditEventsPageResponse> {
    const page = toIdPageRequest(query);
    const events = await this.events.list(toOwnFilter(query, context), page);
    return toPage(events.map(toAuditFields), page.limit);
  }

  @Get('export')
  @RequiresSession('logs:read', { space: 'path' })
  @ApiOperation({
    summary: 'The same as a file',
    description: 'Streamed; at most 1,000,000 events, so name a period.',
  })
  @ApiOkResponse({
    description: 'One event a line',
    content: { 'text/csv': {}, 'application/x-ndjson': {} },
  })
  export(
    @Query() query: SpaceAuditExportDto,
    @CurrentContext() context: RequestContext,
    @Res() reply: FastifyReply,
  ): void {
    const { format = 'csv' } = query;
    sendExport(reply, format, this.events.export(toOwnFilter(query, context), format));
  }
}

function toOwnFilter(query: SpaceAuditQueryDto, { spaceId }: RequestContext): AuditFilter {
  assert(spaceId, 'a trail was asked for in no space');
  return { ...toAuditFilter(query), searchSpaceId: spaceId };
}
