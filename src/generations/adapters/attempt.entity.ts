import { Entity } from 'typeorm';
import type { Micros } from '../../common/micros.js';
import {
  IdColumn,
  IntegerColumn,
  JsonColumn,
  MicrosColumn,
  ReferenceColumn,
  TextColumn,
  TimeColumn,
} from '../../persistence/columns.js';
import type { JsonValue } from '../../common/json-value.js';
import type { Attempt } from '../domain/generation.js';

@Entity('generation_attempts')
export class AttemptEntity {
  @IdColumn()
  id: string;

  @ReferenceColumn('generation_id')
  generationId: string;

  @IntegerColumn('ordinal')
  ordinal: number;

  @TextColumn('provider')
  provider: string;

  @TextColumn('model')
  model: string;

  @TextColumn('connection')
  connection: string;

  @TextColumn('state')
  state: Attempt['state'];

  @JsonColumn('vendor_reference', { nullable: true })
  vendorReference: JsonValue | null;

  @TextColumn('vendor_request_id', { nullable: true })
  vendorRequestId: string | null;

  @TextColumn('error_code', { nullable: true })
  errorCode: string | null;

  @TextColumn('error_message', { nullable: true })
  errorMessage: string | null;

  @MicrosColumn('cost_micros')
  costMicros: Micros;

  @TimeColumn('sent_at', { nullable: true })
  sentAt: Date | null;

  @TimeColumn('finished_at', { nullable: true })
  finishedAt: Date | null;
}
