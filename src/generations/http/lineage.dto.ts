import { ApiProperty } from '@nestjs/swagger';
import { OPERATIONS, STATUSES } from '../domain/generation.js';
import type { Lineage } from '../lineage/lineage.service.js';

const ID = { type: String, format: 'uuid' } as const;

export class LineageNodeDto {
  @ApiProperty({ ...ID, description: 'The generation; of a picture that is gone, the picture' })
  id: string;

  @ApiProperty({ type: Boolean, example: false, description: 'It is gone, and nothing is left' })
  is_deleted: boolean;

  @ApiProperty({ enum: STATUSES, nullable: true, example: 'succeeded' })
  status: string | null;

  @ApiProperty({ enum: OPERATIONS, nullable: true, example: 'edit' })
  operation: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'embedded-image' })
  model: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  created_at: string | null;
}

export class LineageEdgeDto {
  @ApiProperty({ ...ID, description: 'Node whose picture it is' })
  from: string;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 0,
    description: 'Which picture of it; null: it is gone',
  })
  from_index: number | null;

  @ApiProperty({ ...ID, description: 'Node that it went into' })
  to: string;

  @ApiProperty({ enum: ['reference', 'mask'], example: 'reference' })
  as: 'reference' | 'mask';

  @ApiProperty({ type: 'integer', example: 0, description: 'Its place among those that went in' })
  as_index: number;
}

export class LineageDto {
  @ApiProperty({ type: [LineageNodeDto] })
  nodes: LineageNodeDto[];

  @ApiProperty({ type: [LineageEdgeDto] })
  edges: LineageEdgeDto[];

  @ApiProperty({ type: Boolean, example: false, description: 'There is more than is shown' })
  is_truncated: boolean;
}

export function toLineageDto({ facts, links, isTruncated }: Lineage): LineageDto {
  const known = facts.map((one) => ({
    id: one.id,
    is_deleted: false,
    status: one.status,
    operation: one.operation,
    model: one.model,
    created_at: one.createdAt.toISOString(),
  }));
  const lost = links.filter(({ parentId }) => parentId === null);
  const gone = [...new Set(lost.map(({ sourceAssetId }) => sourceAssetId))].map((id) => ({
    id,
    is_deleted: true,
    status: null,
    operation: null,
    model: null,
    created_at: null,
  }));
  return {
    nodes: [...known, ...gone],
    edges: links.map((link) => ({
      from: link.parentId ?? link.sourceAssetId,
      from_index: link.parentIndex,
      to: link.childId,
      as: link.role === 'mask' ? 'mask' : 'reference',
      as_index: link.index,
    })),
    is_truncated: isTruncated,
  };
}
