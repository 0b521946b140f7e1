import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import type { Page } from '../../common/page.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import {
  FINDING_KINDS,
  type FindingKind,
  GRACE_H,
  GRACE_MAX_H,
  type ScanFinding,
  type StorageScan,
} from '../domain/storage-scan.js';

const SCAN_STATES = ['scanning', 'scanned', 'repairing', 'repaired', 'failed'];
const OUTCOMES = ['removed', 'healed', 'lost', 'resolved', 'kept'];
const COUNT = { type: 'integer', example: 0 } as const;

export class StartStorageScanDto {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: GRACE_H,
    maximum: GRACE_MAX_H,
    default: GRACE_H,
    example: GRACE_H,
    description: 'Hours; what is younger is no finding',
  })
  @IsOptional()
  @IsInt()
  @Min(GRACE_H)
  @Max(GRACE_MAX_H)
  grace_h?: number;
}

export class RepairStorageDto {
  @ApiPropertyOptional({
    type: Boolean,
    default: false,
    description: 'Needed where the repair removes more than half of all that is stored',
  })
  @IsOptional()
  @IsBoolean()
  confirm_mass_removal?: boolean;
}

export class ListScanFindingsDto extends PageQueryDto {
  @ApiPropertyOptional({ type: String, enum: FINDING_KINDS })
  @IsOptional()
  @IsIn(FINDING_KINDS)
  kind?: FindingKind;
}

export class StorageScanResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, enum: SCAN_STATES, example: 'scanned' })
  state: string;

  @ApiProperty({
    type: String,
    nullable: true,
    format: 'uuid',
    description: 'null = the nightly round',
  })
  asked_by: string | null;

  @ApiProperty({ type: String, format: 'date-time', description: 'What is younger is no finding' })
  grace_before: string;

  @ApiProperty({ ...COUNT, description: 'Stored objects that were looked at' })
  objects: number;

  @ApiProperty({ ...COUNT, description: 'Rows of stored bytes that were looked at' })
  blobs: number;

  @ApiProperty({ ...COUNT, description: 'Stored, and named by no row' })
  orphans: number;

  @ApiProperty({ ...COUNT, description: 'Of the orphans' })
  orphan_bytes: number;

  @ApiProperty({ ...COUNT, description: 'Named by a row, and not stored' })
  missing: number;

  @ApiProperty({ ...COUNT, description: 'Stored in another length than the row says' })
  damaged: number;

  @ApiProperty({ ...COUNT, description: 'Under names that no picture has; never touched' })
  foreign: number;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'What stopped it last; it is tried again within a minute, ten times',
  })
  fault: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: String, nullable: true, format: 'date-time', example: null })
  finished_at: string | null;
}

export class StorageScansPageResponse implements Page<StorageScanResponse> {
  @ApiProperty({ type: [StorageScanResponse] })
  data: StorageScanResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export class ScanFindingResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id: string;

  @ApiProperty({ type: String, enum: FINDING_KINDS, example: 'orphan' })
  kind: string;

  @ApiProperty({ type: String, description: 'Begins with the id of the space, unless foreign' })
  key: string;

  @ApiProperty({ type: 'integer', example: 209_715 })
  bytes: number;

  @ApiProperty({
    type: String,
    format: 'date-time',
    description: 'Of the object, or of the row that has none',
  })
  changed_at: string;

  @ApiProperty({
    type: String,
    enum: OUTCOMES,
    nullable: true,
    example: null,
    description:
      'What the repair made of it: bytes removed; healed or lost; resolved = none any more; kept = under legal hold',
  })
  outcome: string | null;
}

export class ScanFindingsPageResponse implements Page<ScanFindingResponse> {
  @ApiProperty({ type: [ScanFindingResponse] })
  data: ScanFindingResponse[];

  @ApiProperty({ type: String, nullable: true, example: null })
  next_cursor: string | null;
}

export function toScanResponse(scan: StorageScan): StorageScanResponse {
  return {
    id: scan.id,
    state: scan.state,
    asked_by: scan.askedBy,
    grace_before: scan.graceBefore.toISOString(),
    objects: scan.objects,
    blobs: scan.blobs,
    orphans: scan.orphans,
    orphan_bytes: scan.orphanBytes,
    missing: scan.missing,
    damaged: scan.damaged,
    foreign: scan.foreign,
    fault: scan.fault,
    created_at: scan.createdAt.toISOString(),
    finished_at: scan.finishedAt?.toISOString() ?? null,
  };
}

export function toFindingResponse(finding: ScanFinding): ScanFindingResponse {
  return {
    id: finding.id,
    kind: finding.kind,
    key: finding.storageKey,
    bytes: finding.sizeBytes,
    changed_at: finding.changedAt.toISOString(),
    outcome: finding.outcome,
  };
}
