import type { OnApplicationBootstrap } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import type { DelegatedConfig } from '../config/app-config.js';
import { ConfigError } from '../config/config.errors.js';
import type { OutboundGuard } from '../outbound/outbound-guard.js';
import type { SpacesService } from '../spaces/spaces.service.js';

/** Refuses to start on a backend that must not be reached, or with a space that does not exist. */
export class DelegatedStartCheck implements OnApplicationBootstrap {
  constructor(
    private readonly config: DelegatedConfig,
    private readonly guard: OutboundGuard,
    private readonly spaces: SpacesService,
  ) {}

  /** @throws ConfigError naming the setting. */
  async onApplicationBootstrap(): Promise<void> {
    const faults: string[] = [];
    try {
      this.guard.assertUrl(this.config.url);
    } catch (error) {
      faults.push(`DELEGATED_URL cannot be used: ${(error as Error).message}`);
    }
    try {
      await this.spaces.get(this.config.spaceId);
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'request.not_found') throw error;
      faults.push('DELEGATED_SPACE_ID names no search space of this database');
    }
    if (faults.length > 0) throw new ConfigError(faults);
  }
}
