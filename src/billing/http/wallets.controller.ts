import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import { WalletsService } from '../wallets.service.js';
import {
  LedgerPageResponse,
  SpacePageQueryDto,
  toLedgerTransactionResponse,
  toWalletsResponse,
  WalletsPageResponse,
} from './wallets.dto.js';
import { WalletIdPipe } from './wallet-id.pipe.js';

@ApiTags('billing')
@Controller('api/v1/billing/wallets')
export class WalletsController {
  constructor(private readonly wallets: WalletsService) {}

  @Get()
  @Requires('settings:view', { space: 'query' })
  @ApiOperation({ summary: 'The wallet of a search space' })
  @ApiOkResponse({ type: WalletsPageResponse })
  async list(
    @Query() _query: SpacePageQueryDto,
    @CurrentContext() { spaceId }: RequestContext,
  ): Promise<WalletsPageResponse> {
    assert(spaceId, 'a wallet was asked for in no space');
    return toWalletsResponse(await this.wallets.findBySpace(spaceId));
  }

  @Get(':walletId/ledger')
  @Requires('settings:view', { space: 'row' })
  @ApiOperation({
    summary: 'The movements of a wallet, newest first',
    description:
      'The entries of all movements sum to the balances. Calls on own credentials move nothing.',
  })
  @ApiOkResponse({ type: LedgerPageResponse })
  async ledger(
    @CurrentCaller() caller: Caller,
    @Param('walletId', WalletIdPipe) walletId: string,
    @Query() query: PageQueryDto,
  ): Promise<LedgerPageResponse> {
    const page = toIdPageRequest(query);
    const transactions = await this.wallets.listTransactions(caller, walletId, page);
    return toPage(transactions.map(toLedgerTransactionResponse), page.limit);
  }
}
