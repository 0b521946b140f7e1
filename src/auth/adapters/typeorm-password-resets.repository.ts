import type { EntityManager } from 'typeorm';
import {
  type PasswordReset,
  PasswordResetsRepository,
} from '../domain/password-resets.repository.port.js';
import { PasswordResetEntity } from './password-reset.entity.js';

export class TypeormPasswordResetsRepository extends PasswordResetsRepository {
  constructor(private readonly manager: EntityManager) {
    super();
  }

  async put(reset: PasswordReset): Promise<void> {
    await this.manager.upsert(PasswordResetEntity, { ...reset }, ['userId']);
  }

  async take(userId: string, tokenHash: Buffer, now: Date): Promise<boolean> {
    const { affected } = await this.manager
      .createQueryBuilder()
      .delete()
      .from(PasswordResetEntity)
      .where('user_id = :userId AND token_hash = :tokenHash AND expires_at > :now', {
        userId,
        tokenHash,
        now,
      })
      .execute();
    return affected === 1;
  }

  async drop(userId: string): Promise<void> {
    await this.manager.delete(PasswordResetEntity, { userId });
  }
}
