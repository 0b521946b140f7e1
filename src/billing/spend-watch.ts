import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import { AppConfig } from '../config/app-config.js';
import { Outbox } from '../persistence/outbox.port.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { SPEND_ANOMALOUS } from './domain/alert-kinds.js';
import { SpendAnomalies } from './domain/spend-anomalies.port.js';
import { toDay } from './domain/usage-period.js';

/** Spaces told of in one round. */
const SPACES_MAX = 500;

/** Tells, once a space and day, where far more is spent than before. */
@Injectable()
export class SpendWatch {
  private readonly logger = new Logger(SpendWatch.name);

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly config: AppConfig,
  ) {}

  /** One round over all spaces, for today. Answers how many were told of; never throws. */
  async look(): Promise<number> {
    try {
      return await this.tell(toDay(this.clock.now().getTime()));
    } catch (error) {
      this.logger.warn(`spending could not be watched: ${String(error)}`);
      return 0;
    }
  }

  private tell(day: string): Promise<number> {
    const { anomalyFactorPercent, anomalyFloorMicros } = this.config.usage;
    return this.unitOfWork.run(async (scope) => {
      const found = await scope.get(SpendAnomalies).note(day, {
        factorPercent: anomalyFactorPercent,
        floorMicros: anomalyFloorMicros,
        limit: SPACES_MAX,
      });
      const events = found.map((one) => ({
        id: newId(),
        kind: SPEND_ANOMALOUS,
        searchSpaceId: one.searchSpaceId,
        payload: {
          search_space_id: one.searchSpaceId,
          day: one.day,
          charged_micros: one.chargedMicros,
          mean_micros: one.meanMicros,
        },
      }));
      if (events.length > 0) await scope.get(Outbox).append(...events);
      return events.length;
    });
  }
}
