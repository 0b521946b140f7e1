import { type EntityManager, In } from 'typeorm';
import { GenerationsRemover } from '../domain/generations.repository.port.js';
import { GenerationEntity } from './generation.entity.js';

/** Attempts and keys go with their generation; money and usage rows stay. */
export class TypeormGenerationsRemover extends GenerationsRemover {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async remove(id: string): Promise<boolean> {
    // Before the row whose space tells whose keys they are; a refusal undoes both.
    await this.manager.query('DELETE FROM idempotency_keys WHERE generation_id = $1', [id]);
    const result = await this.manager.delete(GenerationEntity, {
      id,
      status: In(['succeeded', 'partially_succeeded', 'failed', 'canceled']),
    });
    return (result.affected ?? 0) > 0;
  }
}
