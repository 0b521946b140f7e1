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
import type { PriorityRank } from '../domain/priority.js';
import type {
  GenerationStatus,
  GenerationWarning,
  Operation,
  StoredOptions,
  StoredQuote,
} from '../domain/generation.js';

@Entity('generations')
export class GenerationEntity {
  @IdColumn()
  id: string;

  @ReferenceColumn('search_space_id')
  searchSpaceId: string;

  @ReferenceColumn('collection_id', { nullable: true })
  collectionId: string | null;

  @TextColumn('status')
  status: GenerationStatus;

  @TextColumn('operation')
  operation: Operation;

  @TextColumn('prompt')
  prompt: string;

  @TextColumn('sent_prompt', { nullable: true })
  sentPrompt: string | null;

  @TextColumn('model')
  model: string;

  @TextColumn('provider')
  provider: string;

  @TextColumn('connection')
  connection: string;

  @TextColumn('size', { nullable: true })
  size: string | null;

  @TextColumn('quality', { nullable: true })
  quality: string | null;

  @IntegerColumn('n')
  n: number;

  @JsonColumn('options')
  options: StoredOptions;

  @JsonColumn('quote')
  quote: StoredQuote;

  @JsonColumn('metadata', { nullable: true })
  metadata: Record<string, unknown> | null;

  @TextColumn('error_code', { nullable: true })
  errorCode: string | null;

  @TextColumn('error_message', { nullable: true })
  errorMessage: string | null;

  @MicrosColumn('cost_micros')
  costMicros: Micros;

  @JsonColumn('usage', { nullable: true })
  usage: Record<string, unknown> | null;

  @JsonColumn('warnings')
  warnings: GenerationWarning[];

  @JsonColumn('timings_ms')
  timingsMs: Record<string, number>;

  @ReferenceColumn('created_by')
  createdBy: string;

  @ReferenceColumn('api_key_id', { nullable: true })
  apiKeyId: string | null;

  @ReferenceColumn('caller_id')
  callerId: string;

  @TextColumn('route')
  route: string;

  @TextColumn('fingerprint')
  fingerprint: string;

  @ReferenceColumn('hold_id')
  holdId: string;

  @IntegerColumn('links_version')
  linksVersion: number;

  @IntegerColumn('priority')
  priority: PriorityRank;

  @TimeColumn('deadline_at', { nullable: true })
  deadlineAt: Date | null;

  @ReferenceColumn('retried_from', { nullable: true })
  retriedFrom: string | null;

  @TimeColumn('created_at')
  createdAt: Date;

  @TimeColumn('finished_at', { nullable: true })
  finishedAt: Date | null;
}
