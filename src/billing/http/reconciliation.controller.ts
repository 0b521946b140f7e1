import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiConflictResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { DomainError } from '../../common/domain-error.js';
import { isId } from '../../common/ids.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { RequiresOperator } from '../../http/requires.decorator.js';
import { ReconciliationService } from '../reconciliation.service.js';
import {
  ReconciliationPageResponse,
  ReconciliationQueryDto,
  ReconciliationResponse,
  ResolveDto,
  toReconciliationResponse,
} from './reconciliation.dto.js';

@ApiTags('billing')
@Controller('api/v1/billing/reconciliation')
export class ReconciliationController {
  constructor(private readonly reconciliation: ReconciliationService) {}

  @Get()
  @RequiresOperator()
  @ApiOperation({
    summary: 'Charges that a person must look at, newest first',
    description:
      'Calls that were interrupted after they were sent, and what was owed and not there.',
  })
  @ApiOkResponse({ type: ReconciliationPageResponse })
  async list(@Query() query: ReconciliationQueryDto): Promise<ReconciliationPageResponse> {
    const page = toIdPageRequest(query);
    const items = await this.reconciliation.list(query.state ?? 'open', page);
    return toPage(items.map(toReconciliationResponse), page.limit);
  }

  @Post(':id/resolve')
  @HttpCode(200)
  @RequiresOperator()
  @ApiOperation({ summary: 'Mark one as looked at', description: 'Once; it moves no money.' })
  @ApiOkResponse({ type: ReconciliationResponse })
  @ApiConflictResponse({ description: 'It was resolved before' })
  async resolve(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: ResolveDto,
  ): Promise<ReconciliationResponse> {
    if (!isId(id)) throw DomainError.notFound('item');
    const resolution = { itemId: id, note: body.note, actor: `user:${caller.userId}` };
    return toReconciliationResponse(await this.reconciliation.resolve(resolution));
  }
}
