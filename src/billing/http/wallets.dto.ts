import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';
import type { Page } from '../../common/page.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { LEDGER_KINDS, type LedgerTransaction } from '../domain/ledger.js';
import { toWalletStatus, type Wallet } from '../domain/wallet.js';
import type { GrantResult } from '../wallets.service.js';

const BUCKETS = ['available', 'held', 'spent'];

export class SpacePageQueryDto extends PageQueryDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'An API key may leave it out: its own space is meant',
  })
  @IsOptional()
  @IsString()
  search_space_id?: string;
}

export class WalletResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: 'integer', example: 4_990_000, description: 'Can be spent now' })
  available_micros: number;

  @ApiProperty({ type: 'integer', example: 1_000, description: 'Set aside for calls under way' })
  held_micros: number;

  @ApiProperty({ type: 'integer', example: 9_000 })
  spent_micros: number;

  @ApiProperty({
    type: 'integer',
    description: 'How far below 0 a call that costs more than it held may take the wallet',
  })
  overdraft_micros: number;

  @ApiProperty({ type: String, enum: ['ok', 'warning', 'blocked'] })
  status: string;
}

export class WalletsPageResponse implements Page<WalletResponse> {
  @ApiProperty({ type: [WalletResponse] })
  data: WalletResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export class GrantResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  transaction_id: string;

  @ApiProperty({ type: Boolean, description: 'This transaction_id had been granted before' })
  replayed: boolean;

  @ApiProperty({ type: WalletResponse })
  wallet: WalletResponse;
}

export class LedgerEntryResponse {
  @ApiProperty({ type: String, enum: BUCKETS })
  bucket: string;

  @ApiProperty({ type: 'integer', example: -1_000 })
  amount_micros: number;
}

export class LedgerTransactionResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, enum: LEDGER_KINDS })
  kind: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  hold_id: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Of a hold: the generation. Of a grant: the reason',
  })
  reference: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'api_key:019a0000-0000-7000-8000-000000000000',
  })
  actor: string | null;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'The movement that an adjustment puts right',
  })
  corrects_transaction_id: string | null;

  @ApiProperty({ type: [LedgerEntryResponse] })
  entries: LedgerEntryResponse[];

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;
}

export class LedgerPageResponse implements Page<LedgerTransactionResponse> {
  @ApiProperty({ type: [LedgerTransactionResponse] })
  data: LedgerTransactionResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toWalletResponse(wallet: Wallet): WalletResponse {
  return {
    id: wallet.id,
    search_space_id: wallet.searchSpaceId,
    available_micros: wallet.availableMicros,
    held_micros: wallet.heldMicros,
    spent_micros: wallet.spentMicros,
    overdraft_micros: wallet.overdraftMicros,
    status: toWalletStatus(wallet),
  };
}

export function toWalletsResponse(wallet: Wallet | null): WalletsPageResponse {
  return { data: wallet ? [toWalletResponse(wallet)] : [], next_cursor: null };
}

export function toGrantResponse({ transactionId, isReplayed, wallet }: GrantResult): GrantResponse {
  return {
    transaction_id: transactionId,
    replayed: isReplayed,
    wallet: toWalletResponse(wallet),
  };
}

export function toLedgerTransactionResponse(one: LedgerTransaction): LedgerTransactionResponse {
  return {
    id: one.id,
    kind: one.kind,
    hold_id: one.holdId,
    reference: one.reference,
    actor: one.actor,
    corrects_transaction_id: one.correctsId,
    entries: one.entries.map(({ bucket, amountMicros }) => ({
      bucket,
      amount_micros: amountMicros,
    })),
    created_at: one.createdAt.toISOString(),
  };
}
