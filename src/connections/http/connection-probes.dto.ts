import { ApiProperty } from '@nestjs/swagger';
import { PROBE_STATUSES, type ProbeResult } from '../../providers/probe/map-probe-failure.js';
import type { Discovery } from '../connection-probes.service.js';
import { MODEL_KINDS } from '../domain/connection-record.js';
import type { Trial } from '../model-trials.service.js';

export class ProbeResponse {
  @ApiProperty({ type: String, enum: PROBE_STATUSES })
  status: string;

  @ApiProperty({ type: String, nullable: true, description: 'What to look at; null with ok' })
  reason: string | null;
}

export class FoundModelResponse {
  @ApiProperty({ type: String })
  name: string;

  @ApiProperty({ type: String, enum: MODEL_KINDS, description: 'As far as it can be told' })
  kind: string;

  @ApiProperty({ type: String, nullable: true })
  title: string | null;
}

export class DiscoveryResponse extends ProbeResponse {
  @ApiProperty({
    type: Boolean,
    description: 'Whether the vendor names its models; else the catalogue has what is known',
  })
  is_listed: boolean;

  @ApiProperty({ type: 'integer', description: 'How many it named' })
  found: number;

  @ApiProperty({
    type: [FoundModelResponse],
    description: 'Those that are new: they arrive disabled, and in a preview not at all',
  })
  models: FoundModelResponse[];
}

export class TrialResponse {
  @ApiProperty({ type: Boolean })
  ok: boolean;

  @ApiProperty({
    type: String,
    enum: ['called', 'verified'],
    description: '`called`: it answered; `verified`: the key works, and no picture was paid for',
  })
  proof: string;

  @ApiProperty({ type: String, nullable: true })
  code: string | null;

  @ApiProperty({ type: String, nullable: true })
  message: string | null;

  @ApiProperty({ type: 'integer' })
  duration_ms: number;
}

export function toProbeResponse({ status, reason }: ProbeResult): ProbeResponse {
  return { status, reason };
}

export function toDiscoveryResponse(discovery: Discovery): DiscoveryResponse {
  const { status, reason, isListed, found, models } = discovery;
  return {
    status,
    reason,
    is_listed: isListed,
    found,
    models: models.map(({ name, kind, title }) => ({ name, kind, title })),
  };
}

export function toTrialResponse(trial: Trial): TrialResponse {
  const { isOk, proof, code, message, durationMs } = trial;
  return { ok: isOk, proof, code, message, duration_ms: durationMs };
}
