import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { newId } from '../../common/ids.js';
import { toMicros } from '../../common/micros.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { Requires, RequiresOperator } from '../../http/requires.decorator.js';
import { WalletMovementsService } from '../wallet-movements.service.js';
import { WalletsService } from '../wallets.service.js';
import { LotsPageResponse, toLotResponse } from './lots.dto.js';
import { WalletIdPipe } from './wallet-id.pipe.js';
import {
  AdjustmentDto,
  GrantDto,
  toLotTerms,
  TransferDto,
  WalletPatchDto,
} from './wallet-movements.dto.js';
import { GrantResponse, toGrantResponse, toWalletResponse, WalletResponse } from './wallets.dto.js';

const REPEATABLE = 'For operators. With a transaction_id of your own it may be sent again safely.';
const IN_USE = 'The transaction_id stands for another movement';

/** Money into wallets, out of them and between them; for operators, but for the list of grants. */
@ApiTags('billing')
@Controller('api/v1/billing/wallets/:walletId')
export class WalletMovementsController {
  constructor(
    private readonly wallets: WalletsService,
    private readonly movements: WalletMovementsService,
  ) {}

  @Post('grants')
  @RequiresOperator()
  @ApiOperation({ summary: 'Put money into a wallet', description: REPEATABLE })
  @ApiCreatedResponse({ type: GrantResponse })
  @ApiConflictResponse({ description: IN_USE })
  async grant(
    @CurrentCaller() caller: Caller,
    @Param('walletId', WalletIdPipe) walletId: string,
    @Body() body: GrantDto,
  ): Promise<GrantResponse> {
    const granted = await this.wallets.grant({
      transactionId: body.transaction_id ?? newId(),
      walletId,
      amountMicros: toMicros(body.amount_micros),
      reason: body.reason,
      actor: `user:${caller.userId}`,
      lot: toLotTerms(body),
    });
    return toGrantResponse(granted);
  }

  @Get('grants')
  @Requires('settings:view', { space: 'row' })
  @ApiOperation({
    summary: 'The grants of a wallet and what remains of each, newest first',
    description: 'Used in the order of priority, then of expiry, then of age.',
  })
  @ApiOkResponse({ type: LotsPageResponse })
  async listGrants(
    @CurrentCaller() caller: Caller,
    @Param('walletId', WalletIdPipe) walletId: string,
    @Query() query: PageQueryDto,
  ): Promise<LotsPageResponse> {
    const page = toIdPageRequest(query);
    const lots = await this.wallets.listLots(caller, walletId, page);
    return toPage(lots.map(toLotResponse), page.limit);
  }

  @Post('transfers')
  @RequiresOperator()
  @ApiOperation({
    summary: 'Move money to another wallet',
    description: `It keeps its kind, priority and expiry. ${REPEATABLE}`,
  })
  @ApiCreatedResponse({ type: GrantResponse, description: 'The wallet it was taken from' })
  @ApiConflictResponse({ description: `${IN_USE}, or less can be moved` })
  async transfer(
    @CurrentCaller() caller: Caller,
    @Param('walletId', WalletIdPipe) walletId: string,
    @Body() body: TransferDto,
  ): Promise<GrantResponse> {
    const moved = await this.movements.transfer({
      transactionId: body.transaction_id ?? newId(),
      fromWalletId: walletId,
      toWalletId: body.to_wallet_id.toLowerCase(),
      amountMicros: toMicros(body.amount_micros),
      reason: body.reason,
      actor: `user:${caller.userId}`,
    });
    return toGrantResponse(moved);
  }

  @Post('adjustments')
  @RequiresOperator()
  @ApiOperation({
    summary: 'Put a movement right',
    description: `Credits of one charge never exceed what it charged. ${REPEATABLE}`,
  })
  @ApiCreatedResponse({ type: GrantResponse })
  @ApiConflictResponse({ description: `${IN_USE}, or wallet or charge have less than that` })
  async adjust(
    @CurrentCaller() caller: Caller,
    @Param('walletId', WalletIdPipe) walletId: string,
    @Body() body: AdjustmentDto,
  ): Promise<GrantResponse> {
    const adjusted = await this.movements.adjust({
      transactionId: body.transaction_id ?? newId(),
      walletId,
      amountMicros: toMicros(body.amount_micros),
      correctsId: body.corrects_transaction_id,
      reason: body.reason,
      actor: `user:${caller.userId}`,
    });
    return toGrantResponse(adjusted);
  }

  @Patch()
  @RequiresOperator()
  @ApiOperation({
    summary: 'Allow a wallet to go below zero, so far',
    description: 'For operators.',
  })
  @ApiOkResponse({ type: WalletResponse })
  @ApiConflictResponse({ description: 'The wallet is further below zero' })
  async change(
    @Param('walletId', WalletIdPipe) walletId: string,
    @Body() body: WalletPatchDto,
  ): Promise<WalletResponse> {
    const overdraftMicros = toMicros(body.overdraft_micros);
    return toWalletResponse(await this.movements.setOverdraft(walletId, overdraftMicros));
  }
}
