import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest } from '../../common/page.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { Requires } from '../../http/requires.decorator.js';
import { type StatementPeriod, toStatementPeriod } from '../domain/statement.js';
import type { Wallet } from '../domain/wallet.js';
import { EXPORT_LINES_MAX, StatementsService } from '../statements.service.js';
import { WalletsService } from '../wallets.service.js';
import { sendTable } from './send-table.js';
import {
  STATEMENT_FIELDS,
  StatementQueryDto,
  StatementResponse,
  toStatementResponse,
  toStatementRows,
} from './statement.dto.js';
import { WalletIdPipe } from './wallet-id.pipe.js';

const CSV = 'text/csv';

@ApiTags('billing')
@Controller('api/v1/billing/wallets/:walletId/statement')
export class StatementsController {
  constructor(
    private readonly wallets: WalletsService,
    private readonly statements: StatementsService,
  ) {}

  @Get()
  @Requires('settings:view', { space: 'row' })
  @ApiOperation({
    summary: 'What came into a wallet and went, over some days',
    description: `As CSV with format=csv or Accept: text/csv; then all lines, at most ${EXPORT_LINES_MAX}.`,
  })
  @ApiExtraModels(StatementResponse)
  @ApiOkResponse({
    content: {
      'application/json': { schema: { $ref: getSchemaPath(StatementResponse) } },
      [CSV]: {},
    },
  })
  async read(
    @CurrentCaller() caller: Caller,
    @Param('walletId', WalletIdPipe) walletId: string,
    @Query() query: StatementQueryDto,
    @Headers('accept') accept: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const wallet = await this.wallets.findFor(caller, walletId);
    const period = toStatementPeriod(query, new Date());
    if (isTable(query, accept)) return this.sendRows(reply, wallet, period);
    return this.sendPage(reply, wallet, period, query);
  }

  private sendRows(reply: FastifyReply, wallet: Wallet, period: StatementPeriod): void {
    const name = `statement-${period.from}-${period.to}`;
    const rows = toStatementRows(this.statements.walk(wallet, period));
    sendTable(reply, name, STATEMENT_FIELDS, rows);
  }

  private async sendPage(
    reply: FastifyReply,
    wallet: Wallet,
    period: StatementPeriod,
    query: StatementQueryDto,
  ): Promise<void> {
    const page = toIdPageRequest(query);
    const statement = await this.statements.read(wallet, period, page);
    void reply.send(toStatementResponse(statement, page.limit));
  }
}

function isTable({ format }: StatementQueryDto, accept = ''): boolean {
  return format === undefined ? accept.startsWith(CSV) : format === 'csv';
}
