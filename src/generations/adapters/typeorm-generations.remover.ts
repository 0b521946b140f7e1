import { type EntityManager, In } from 'typeorm';
import { GenerationsRemover } from '../domain/generations.repository.port.js';
import { GenerationEntity } from './generation.entity.js';

/** Attempts and keys go with their generation; money and usage rows stay. */
export class TypeormGenerationsRemover extends GenerationsRemover {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async remove(id: string): Promise<boolean> {
    const result = await this.manager.delete(GenerationEntity, {
      id,
      status: In(['succeeded', 'partially_succeeded', 'failed', 'canceled']),
    });
    if ((result.affected ?? 0) === 0) return false;
    await this.manager.query('DELETE FROM idempotency_keys WHERE generation_id = $1', [id]);
    return true;
  }
}
