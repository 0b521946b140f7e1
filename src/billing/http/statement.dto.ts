import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { type Page, toPage } from '../../common/page.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { LEDGER_KINDS, type LedgerKind } from '../domain/ledger.js';
import { STATEMENT_DAYS_MAX, type StatementLine } from '../domain/statement.js';
import type { Statement } from '../statements.service.js';

const FORMATS = ['json', 'csv'] as const;

export class StatementQueryDto extends PageQueryDto {
  @ApiPropertyOptional({
    type: String,
    format: 'date',
    example: '2026-11-01',
    description: `First day, UTC; at most ${STATEMENT_DAYS_MAX} days in all. This month when left out`,
  })
  @IsOptional()
  @IsString()
  from?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date',
    example: '2026-11-30',
    description: 'Last day, UTC, included; today when left out',
  })
  @IsOptional()
  @IsString()
  to?: string;

  @ApiPropertyOptional({ type: String, enum: FORMATS, description: 'csv: all lines, as a file' })
  @IsOptional()
  @IsIn(FORMATS)
  format?: (typeof FORMATS)[number];
}

export class StatementTotalResponse {
  @ApiProperty({ type: String, enum: LEDGER_KINDS })
  kind: LedgerKind;

  @ApiProperty({ type: 'integer', example: -9_000 })
  amount_micros: number;
}

export class StatementLineResponse {
  @ApiProperty({ type: String, format: 'uuid', description: 'The ledger transaction' })
  id: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, enum: LEDGER_KINDS })
  kind: LedgerKind;

  @ApiProperty({ type: 'integer', example: -1_000 })
  amount_micros: number;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'What was charged for',
  })
  generation_id: string | null;

  @ApiProperty({ type: String, nullable: true })
  model: string | null;

  @ApiProperty({ type: String, nullable: true })
  operation: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Of a grant: the reason' })
  reference: string | null;

  @ApiProperty({ type: String, nullable: true })
  actor: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  corrects_transaction_id: string | null;
}

/** The columns of a statement as a table, in their order. */
export const STATEMENT_FIELDS = [
  'id',
  'created_at',
  'kind',
  'amount_micros',
  'generation_id',
  'model',
  'operation',
  'reference',
  'actor',
  'corrects_transaction_id',
] as const satisfies readonly (keyof StatementLineResponse)[];

export class StatementResponse implements Page<StatementLineResponse> {
  @ApiProperty({ type: String, format: 'uuid' })
  wallet_id: string;

  @ApiProperty({ type: String, format: 'uuid' })
  search_space_id: string;

  @ApiProperty({ type: String, format: 'date', example: '2026-11-01' })
  from: string;

  @ApiProperty({ type: String, format: 'date', example: '2026-11-30' })
  to: string;

  @ApiProperty({ type: 'integer', description: 'Available and held before the first day' })
  opening_balance_micros: number;

  @ApiProperty({ type: 'integer', description: 'Opening balance plus all lines' })
  closing_balance_micros: number;

  @ApiProperty({ type: [StatementTotalResponse] })
  totals: StatementTotalResponse[];

  @ApiProperty({
    type: [StatementLineResponse],
    description: 'The oldest first. What only holds money, or lets go of it, changes nothing',
  })
  data: StatementLineResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toStatementLine(line: StatementLine): StatementLineResponse {
  return {
    id: line.id,
    created_at: line.createdAt.toISOString(),
    kind: line.kind,
    amount_micros: line.amountMicros,
    generation_id: line.generationId,
    model: line.model,
    operation: line.operation,
    reference: line.reference,
    actor: line.actor,
    corrects_transaction_id: line.correctsId,
  };
}

export function toStatementResponse(statement: Statement, limit: number): StatementResponse {
  return {
    wallet_id: statement.wallet.id,
    search_space_id: statement.wallet.searchSpaceId,
    ...statement.period,
    opening_balance_micros: statement.openingMicros,
    closing_balance_micros: statement.closingMicros,
    totals: statement.totals.map(({ kind, amountMicros }) => ({
      kind,
      amount_micros: amountMicros,
    })),
    ...toPage(statement.lines.map(toStatementLine), limit),
  };
}

/** The lines as rows of a table, while they are read. */
export async function* toStatementRows(
  lines: AsyncIterable<StatementLine>,
): AsyncGenerator<StatementLineResponse> {
  for await (const line of lines) yield toStatementLine(line);
}
