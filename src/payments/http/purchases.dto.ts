import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsOptional, IsString, IsUUID, Max, Min } from 'class-validator';
import type { Page } from '../../common/page.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { type Purchase, QUANTITY_MAX } from '../domain/purchase.js';
import type { OpenPurchase } from '../purchases.service.js';

const SOURCES = ['checkout', 'auto_reload'];
const STATUSES = ['pending', 'completed', 'failed', 'expired'];

export class PurchasesQueryDto extends PageQueryDto {
  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    description: 'An API key may leave it out: its own space is meant',
  })
  @IsOptional()
  @IsString()
  search_space_id?: string;
}

export class CreatePurchaseDto {
  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Or x-search-space-id' })
  @IsOptional()
  @IsString()
  search_space_id?: string;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    maximum: QUANTITY_MAX,
    example: 10,
    description: 'Units of 1,000,000 micros',
  })
  @IsInt()
  @Min(1)
  @Max(QUANTITY_MAX)
  quantity: number;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    example: '019a0000-0000-7000-8000-000000000000',
    description: 'A UUIDv7 of your own: sent again, it is the same payment page',
  })
  @IsOptional()
  @IsUUID('7')
  purchase_id?: string;

  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'The card is kept at the payment provider, for auto-reload',
  })
  @IsOptional()
  @IsBoolean()
  save_payment_method?: boolean;
}

export class PurchaseResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  wallet_id: string;

  @ApiProperty({ type: String, format: 'uuid', description: 'Who buys' })
  user_id: string;

  @ApiProperty({ type: String, example: 'stripe' })
  provider: string;

  @ApiProperty({ type: 'integer', example: 10 })
  quantity: number;

  @ApiProperty({ type: 'integer', example: 10_000_000 })
  credit_micros: number;

  @ApiProperty({ type: 'integer', example: 1_000, description: 'In the smallest currency unit' })
  amount_minor: number;

  @ApiProperty({ type: String, example: 'usd' })
  currency: string;

  @ApiProperty({ type: String, enum: SOURCES })
  source: string;

  @ApiProperty({ type: String, enum: STATUSES })
  status: string;

  @ApiProperty({ type: String, nullable: true, description: 'Why it failed' })
  failure: string | null;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'The grant in the ledger of the wallet',
  })
  transaction_id: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  completed_at: string | null;
}

export class OpenPurchaseResponse extends PurchaseResponse {
  @ApiProperty({ type: String, format: 'uri', description: 'Where the payer goes' })
  checkout_url: string;
}

export class PurchasesPageResponse implements Page<PurchaseResponse> {
  @ApiProperty({ type: [PurchaseResponse] })
  data: PurchaseResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toPurchaseResponse(purchase: Purchase): PurchaseResponse {
  return {
    id: purchase.id,
    search_space_id: purchase.searchSpaceId,
    wallet_id: purchase.walletId,
    user_id: purchase.userId,
    provider: purchase.provider,
    quantity: purchase.quantity,
    credit_micros: purchase.micros,
    amount_minor: purchase.amountMinor,
    currency: purchase.currency,
    source: purchase.source,
    status: purchase.status,
    failure: purchase.failure,
    transaction_id: purchase.transactionId,
    created_at: purchase.createdAt.toISOString(),
    completed_at: purchase.completedAt?.toISOString() ?? null,
  };
}

export function toOpenPurchaseResponse({
  purchase,
  checkoutUrl,
}: OpenPurchase): OpenPurchaseResponse {
  return { ...toPurchaseResponse(purchase), checkout_url: checkoutUrl };
}
