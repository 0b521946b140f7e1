import type { DomainError } from '../common/domain-error.js';
import type { EndedRun } from './conclude-generation.service.js';
import type { OwnedRun } from './domain/generations.repository.port.js';

/** The end of a run that delivered nothing: why, and that nothing is owed. */
export function toUnsent(run: OwnedRun, error: DomainError): EndedRun {
  return {
    run,
    images: [],
    served: { size: null, quality: null },
    timingsMs: {},
    wasSent: false,
    outcome: {
      delivered: 0,
      made: 0,
      error,
      warnings: [],
      usage: null,
      vendorRequestId: null,
    },
  };
}
