import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { Rounds } from '../../common/rounds.js';
import { AppConfig } from '../../config/app-config.js';
import { MediaLibrary } from '../domain/media-library.port.js';
import { MediaStorage } from '../domain/media-storage.strategy.js';
import { COMPLETE_GRACE_MS } from '../domain/pending-upload.js';
import { isBroughtName } from '../domain/storage-key.js';
import { CLAIMS_KEPT_MS } from './upload-pictures.service.js';

const SWEEP_EVERY_MS = 10 * 60_000;
/** Rows of one round; the next one goes on. */
const BATCH_MAX = 1_000;
/** Names of incoming pictures that one round looks at. */
const LOOKED_AT_MAX = 20_000;
const MS_PER_S = 1_000;

/** Forgets what uploads promised not to do twice, once the promise is over, and drops what was brought and given up. */
@Injectable()
export class LibrarySweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(LibrarySweeper.name);
  private readonly rounds = new Rounds((message) => this.logger.warn(message));

  constructor(
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly library: MediaLibrary,
    private readonly storage: MediaStorage,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.rounds
      .of('what is left of uploads could not be cleared', () => this.sweep())
      .every(SWEEP_EVERY_MS);
  }

  /**
   * By several processes at once too. What was brought is younger than its upload, so nothing of this age can be
   * completed any more.
   * @returns how many were dropped
   */
  async dropAbandoned(): Promise<number> {
    const ageMaxMs = this.config.media.uploadTtlS * MS_PER_S + COMPLETE_GRACE_MS;
    let [lookedAt, dropped] = [0, 0];
    for await (const name of this.storage.listIncoming(this.toPast(ageMaxMs))) {
      lookedAt += 1;
      if (isBroughtName(name)) {
        await this.storage.discard(name);
        dropped += 1;
      }
      if (dropped === BATCH_MAX || lookedAt === LOOKED_AT_MAX) break;
    }
    return dropped;
  }

  onModuleDestroy(): Promise<void> {
    return this.rounds.stop();
  }

  private async sweep(): Promise<void> {
    await this.library.trimClaims(this.toPast(CLAIMS_KEPT_MS), BATCH_MAX);
    await this.dropAbandoned();
  }

  private toPast(ageMs: number): Date {
    return new Date(this.clock.now().getTime() - ageMs);
  }
}
