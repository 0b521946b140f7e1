import { Injectable } from '@nestjs/common';
import type { Asking } from './asking.js';
import type { Generation } from './domain/generation.js';
import type { GenerationRequest } from './domain/generation-request.js';
import type { PreparedInput } from './generation-inputs.js';

/** What a room above writes beside a generation, in the transaction that admits it. */
export interface AdmissionPart {
  /** Under which its rider (SettlementRiders, step `admit`) finds it. */
  key: string;
  /** Told once the pictures that go in were checked. */
  build: (generation: Generation, inputs: readonly PreparedInput[]) => Record<string, unknown>;
}

/** Null = it has no part in this request. What it throws refuses the request, before anything is read or fetched. */
export type OpenPart = (
  request: GenerationRequest,
  asking: Asking,
) => Promise<AdmissionPart | null>;

/** Whom a request must pass besides money, from rooms above. They register in `onModuleInit`. */
@Injectable()
export class AdmissionParts {
  private readonly openers: OpenPart[] = [];

  register(open: OpenPart): void {
    this.openers.push(open);
  }

  async open(request: GenerationRequest, asking: Asking): Promise<AdmissionPart[]> {
    const parts: AdmissionPart[] = [];
    for (const open of this.openers) {
      const part = await open(request, asking);
      if (part) parts.push(part);
    }
    return parts;
  }
}
