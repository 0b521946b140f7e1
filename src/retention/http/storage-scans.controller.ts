import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiConflictResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { RequiresOperator } from '../../http/requires.decorator.js';
import { GRACE_H } from '../domain/storage-scan.js';
import { StorageScansService } from '../storage-scans.service.js';
import {
  ListScanFindingsDto,
  RepairStorageDto,
  ScanFindingsPageResponse,
  StartStorageScanDto,
  StorageScanResponse,
  StorageScansPageResponse,
  toFindingResponse,
  toScanResponse,
} from './storage-scans.dto.js';

const ROOT = '/api/v1/ops/storage/scans';

@ApiTags('retention')
@Controller('api/v1/ops/storage/scans')
export class StorageScansController {
  constructor(private readonly scans: StorageScansService) {}

  @Post()
  @HttpCode(202)
  @RequiresOperator()
  @ApiOperation({
    summary: 'Compare the store with the rows, for operators',
    description:
      'Changes nothing: Location tells how far it has come, `findings` what differs. One is under way at a time.',
  })
  @ApiAcceptedResponse({ type: StorageScanResponse })
  @ApiConflictResponse({ description: 'Another one is under way' })
  async start(
    @CurrentCaller() caller: Caller,
    @Body() { grace_h: graceH = GRACE_H }: StartStorageScanDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StorageScanResponse> {
    const scan = await this.scans.start(caller, graceH);
    void reply.header('location', `${ROOT}/${scan.id}`);
    return toScanResponse(scan);
  }

  @Get()
  @RequiresOperator()
  @ApiOperation({ summary: 'Scans of the store, the newest first, for operators' })
  @ApiOkResponse({ type: StorageScansPageResponse })
  async list(@Query() query: PageQueryDto): Promise<StorageScansPageResponse> {
    const page = toIdPageRequest(query);
    const scans = await this.scans.list(page);
    return toPage(scans.map(toScanResponse), page.limit);
  }

  @Get(':id')
  @RequiresOperator()
  @ApiOperation({ summary: 'How far a scan of the store has come, for operators' })
  @ApiOkResponse({ type: StorageScanResponse })
  async get(@Param('id') id: string): Promise<StorageScanResponse> {
    return toScanResponse(await this.scans.get(id));
  }

  @Get(':id/findings')
  @RequiresOperator()
  @ApiOperation({
    summary: 'What a scan of the store found, for operators',
    description: 'The first 10,000 of each kind; the scan itself has the totals.',
  })
  @ApiOkResponse({ type: ScanFindingsPageResponse })
  async listFindings(
    @Param('id') id: string,
    @Query() query: ListScanFindingsDto,
  ): Promise<ScanFindingsPageResponse> {
    const page = toIdPageRequest(query);
    const findings = await this.scans.listFindings(id, query.kind ?? null, page);
    return toPage(findings.map(toFindingResponse), page.limit);
  }

  @Post(':id/repair')
  @HttpCode(202)
  @RequiresOperator()
  @ApiOperation({
    summary: 'Repair what a scan of the store found, for operators',
    description:
      'Within a day. Bytes that no row names go, unless a legal hold is on their space; for rows without bytes these are ' +
      'looked for where a crash may have left them. No row is ever deleted. Each finding is looked at again first.',
  })
  @ApiAcceptedResponse({ type: StorageScanResponse })
  @ApiConflictResponse({
    description:
      'It has not ended, is too old, was repaired before, or would remove most of the store',
  })
  async repair(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: RepairStorageDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StorageScanResponse> {
    const scan = await this.scans.repair(caller, id, body.confirm_mass_removal ?? false);
    void reply.header('location', `${ROOT}/${scan.id}`);
    return toScanResponse(scan);
  }
}
