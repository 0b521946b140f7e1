import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  NotEquals,
} from 'class-validator';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import { type LotTerms, PRIORITY_MAX } from '../domain/lot.js';
import { IsMoment } from '../../http/is-moment.decorator.js';

/** One million dollars: a slip of the finger ends here. */
export const MOVEMENT_MICROS_MAX = 1_000_000_000_000;
const REASON_LENGTH_MAX = 200;
const KINDS = ['paid', 'promotional'] as const;
const EXAMPLE_ID = '019a0000-0000-7000-8000-000000000000';

/** What every movement that a person makes says of itself. */
export class MovementDto {
  @ApiProperty({ type: String, maxLength: REASON_LENGTH_MAX, example: 'Budget of March' })
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(REASON_LENGTH_MAX)
  reason: string;

  @ApiPropertyOptional({
    type: String,
    format: 'uuid',
    example: EXAMPLE_ID,
    description: 'A UUIDv7 of your own: sent again, it is done once',
  })
  @IsOptional()
  @IsUUID('7')
  transaction_id?: string;
}

export class GrantDto extends MovementDto {
  @ApiProperty({ type: 'integer', minimum: 1, maximum: MOVEMENT_MICROS_MAX, example: 5_000_000 })
  @IsInt()
  @Min(1)
  @Max(MOVEMENT_MICROS_MAX)
  amount_micros: number;

  @ApiPropertyOptional({ type: String, enum: KINDS, default: 'paid' })
  @IsOptional()
  @IsIn(KINDS)
  kind?: (typeof KINDS)[number];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: PRIORITY_MAX,
    description: 'The lowest is used first; promotional 100 and paid 500 unless you say so',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(PRIORITY_MAX)
  priority?: number;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'Until then it is no money; at once when left out',
  })
  @IsOptional()
  @IsMoment()
  effective_at?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'What is left then lapses; never when left out',
  })
  @IsOptional()
  @IsMoment()
  expires_at?: string;
}

export class TransferDto extends MovementDto {
  @ApiProperty({ type: String, format: 'uuid', example: '019a0000-0000-7000-8000-000000000000' })
  @IsUUID()
  to_wallet_id: string;

  @ApiProperty({ type: 'integer', minimum: 1, maximum: MOVEMENT_MICROS_MAX, example: 1_000_000 })
  @IsInt()
  @Min(1)
  @Max(MOVEMENT_MICROS_MAX)
  amount_micros: number;
}

export class AdjustmentDto extends MovementDto {
  @ApiProperty({
    type: 'integer',
    minimum: -MOVEMENT_MICROS_MAX,
    maximum: MOVEMENT_MICROS_MAX,
    example: 40_000,
    description: 'Above 0 credits the wallet, below it charges; not 0',
  })
  @IsInt()
  @NotEquals(0)
  @Min(-MOVEMENT_MICROS_MAX)
  @Max(MOVEMENT_MICROS_MAX)
  amount_micros: number;

  @ApiProperty({
    type: String,
    format: 'uuid',
    example: '019a0000-0000-7000-8000-000000000000',
    description: 'The movement of this wallet that it puts right, from the ledger',
  })
  @IsUUID()
  corrects_transaction_id: string;
}

export class WalletPatchDto {
  @ApiProperty({
    type: 'integer',
    minimum: 0,
    maximum: MOVEMENT_MICROS_MAX,
    example: 1_000_000,
    description: 'How far below 0 a call that costs more than it held may take the wallet',
  })
  @IsInt()
  @Min(0)
  @Max(MOVEMENT_MICROS_MAX)
  overdraft_micros: number;
}

/** The terms of a grant; none when none are named. */
export function toLotTerms(body: GrantDto): LotTerms {
  return {
    kind: body.kind ?? 'paid',
    priority: body.priority,
    effectiveAt: body.effective_at ? new Date(body.effective_at) : undefined,
    expiresAt: body.expires_at ? new Date(body.expires_at) : undefined,
  };
}
