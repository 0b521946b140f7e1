import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { type Effectiveness, toEffectiveness } from './domain/effectiveness.js';
import {
  type OptimizationNote,
  OptimizationsReader,
  OptimizationsRepository,
} from './domain/optimizations.repository.port.js';

/** What is remembered of the last rewritings of each space. */
@Injectable()
export class OptimizerNotesService {
  private readonly logger = new Logger(OptimizerNotesService.name);

  constructor(
    private readonly clock: Clock,
    private readonly reader: OptimizationsReader,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Never throws: a rewriting counts, whether or not it is remembered. */
  async add(note: Omit<OptimizationNote, 'id' | 'createdAt'>): Promise<void> {
    const row = { ...note, id: newId(), createdAt: this.clock.now() };
    try {
      await this.unitOfWork.run((scope) => scope.get(OptimizationsRepository).add(row));
    } catch (error) {
      this.logger.warn(`a rewriting is not remembered: ${String(error)}`);
    }
  }

  async measure(searchSpaceId: string): Promise<Effectiveness> {
    return toEffectiveness(await this.reader.listLast(searchSpaceId));
  }
}
