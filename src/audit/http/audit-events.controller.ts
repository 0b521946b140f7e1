import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { RequiresOperator } from '../../http/requires.decorator.js';
import { AuditEventsService } from '../audit-events.service.js';
import { toAuditFields } from '../domain/audit-fields.js';
import {
  AuditEventsPageResponse,
  AuditExportDto,
  AuditQueryDto,
  toAuditFilter,
} from './audit-events.dto.js';
import { sendExport } from './send-export.js';

/** Every change of the installation, for its operators. */
@ApiTags('audit')
@Controller('api/v1/audit-events')
export class AuditEventsController {
  constructor(private readonly events: AuditEventsService) {}

  @Get()
  @RequiresOperator()
  @ApiOperation({ summary: 'Who changed what, newest first' })
  @ApiOkResponse({ type: AuditEventsPageResponse })
  async list(@Query() query: AuditQueryDto): Promise<AuditEventsPageResponse> {
    const page = toIdPageRequest(query);
    const events = await this.events.list(toAuditFilter(query), page);
    return toPage(events.map(toAuditFields), page.limit);
  }

  @Get('export')
  @RequiresOperator()
  @ApiOperation({
    summary: 'The same as a file',
    description: 'Streamed; at most 1,000,000 events, so name a period.',
  })
  @ApiOkResponse({
    description: 'One event a line',
    content: { 'text/csv': {}, 'application/x-ndjson': {} },
  })
  export(@Query() query: AuditExportDto, @Res() reply: FastifyReply): void {
    const { format = 'csv' } = query;
    sendExport(reply, format, this.events.export(toAuditFilter(query), format));
  }
}
