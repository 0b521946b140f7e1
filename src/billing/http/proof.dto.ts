import { ApiProperty } from '@nestjs/swagger';
import type { LedgerProof } from '../domain/ledger-books.port.js';

export class DifferenceResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  account_id: string;

  @ApiProperty({
    type: String,
    example: 'available',
    description: 'The bucket, or open_holds, lots, all_accounts, closed_month',
  })
  bucket: string;

  @ApiProperty({ type: String, example: '1000', description: 'What is kept' })
  balance_micros: string;

  @ApiProperty({ type: String, example: '999', description: 'What it must be' })
  entries_micros: string;
}

export class ProofResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, format: 'date-time' })
  started_at: string;

  @ApiProperty({ type: String, format: 'date-time' })
  finished_at: string;

  @ApiProperty({ type: Boolean, description: 'No differences' })
  ok: boolean;

  @ApiProperty({
    type: String,
    format: 'date',
    nullable: true,
    description: 'The closed month that was added up from its entries this time',
  })
  month_checked: string | null;

  @ApiProperty({ type: [DifferenceResponse], description: 'At most 200' })
  differences: DifferenceResponse[];
}

export function toProofResponse(proof: LedgerProof): ProofResponse {
  return {
    id: proof.id,
    started_at: proof.startedAt.toISOString(),
    finished_at: proof.finishedAt.toISOString(),
    ok: proof.differences.length === 0,
    month_checked: proof.monthChecked,
    differences: proof.differences.map((one) => ({
      account_id: one.accountId,
      bucket: one.bucket,
      balance_micros: one.balanceMicros,
      entries_micros: one.entriesMicros,
    })),
  };
}
