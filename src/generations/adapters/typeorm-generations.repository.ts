import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, type Repository } from 'typeorm';
import { Sql } from '../../persistence/sql.port.js';
import type { JsonValue } from '../../common/json-value.js';
import type { Attempt, Generation } from '../domain/generation.js';
import {
  GenerationsRepository,
  type NextAttempt,
  type OwnedRun,
} from '../domain/generations.repository.port.js';
import { AttemptEntity } from './attempt.entity.js';
import { GenerationEntity } from './generation.entity.js';
import * as statements from './generation-statements.js';
import { toAttempt, toGeneration } from './to-generation.js';

@Injectable()
export class TypeormGenerationsRepository extends GenerationsRepository {
  constructor(
    @InjectRepository(GenerationEntity) private readonly rows: Repository<GenerationEntity>,
    @InjectRepository(AttemptEntity) private readonly attempts: Repository<AttemptEntity>,
    private readonly sql: Sql,
  ) {
    super();
  }

  async find(id: string): Promise<Generation | null> {
    const row = await this.rows.findOneBy({ id });
    return row && toGeneration(row);
  }

  async findMany(ids: readonly string[]): Promise<Generation[]> {
    return (await this.rows.findBy({ id: In([...ids]) })).map(toGeneration);
  }

  async listAttempts(generationIds: readonly string[]): Promise<Attempt[]> {
    if (generationIds.length === 0) return [];
    const rows = await this.attempts.find({
      where: { generationId: In([...generationIds]) },
      order: { generationId: 'ASC', ordinal: 'ASC' },
    });
    return rows.map(toAttempt);
  }

  async claimNext(
    owner: string,
    leaseS: number,
    runsPerSpaceMax: number,
  ): Promise<OwnedRun | null> {
    const [claimed] = await this.sql.query<{ generation_id: string }>(
      'generations_claim_next',
      statements.CLAIM_NEXT,
      [owner, leaseS, runsPerSpaceMax],
    );
    return claimed ? this.findOwned(claimed.generation_id) : null;
  }

  async takeOver(id: string, owner: string, leaseS: number): Promise<OwnedRun | null> {
    const [taken] = await this.sql.query('generations_take_over', statements.TAKE_OVER, [
      id,
      owner,
      leaseS,
    ]);
    return taken ? this.findOwned(id) : null;
  }

  async lapseForeign(owner: string): Promise<void> {
    await this.sql.query('generations_lapse_foreign', statements.LAPSE_FOREIGN, [owner]);
  }

  async listLapsed(limit: number): Promise<string[]> {
    return this.listIds('generations_list_lapsed', statements.LIST_LAPSED, [limit]);
  }

  async listQueued(olderThanS: number, limit: number): Promise<string[]> {
    return this.listIds('generations_list_queued', statements.LIST_QUEUED, [olderThanS, limit]);
  }

  async listOverdue(limit: number): Promise<string[]> {
    return this.listIds('generations_list_overdue', statements.LIST_OVERDUE, [limit]);
  }

  async renewLeases(ids: readonly string[], owner: string, leaseS: number): Promise<string[]> {
    const rows = await this.sql.query<{ id: string; cancel: boolean }>(
      'generations_renew_leases',
      statements.RENEW_LEASES,
      [owner, leaseS, [...ids]],
    );
    return rows.filter((row) => row.cancel).map((row) => row.id);
  }

  async release(id: string, owner: string): Promise<boolean> {
    const ids = await this.listIds('generations_release', statements.RELEASE, [id, owner]);
    return ids.length > 0;
  }

  async seize(id: string, owner: string, leaseS: number): Promise<boolean> {
    const ids = await this.listIds('generations_seize', statements.SEIZE, [id, owner, leaseS]);
    return ids.length > 0;
  }

  async keepReference(attemptId: string, reference: JsonValue): Promise<void> {
    await this.sql.query('generations_keep_reference', statements.KEEP_REFERENCE, [
      attemptId,
      JSON.stringify(reference),
    ]);
  }

  async beginNext({ generation, failed, attempt }: NextAttempt, owner: string): Promise<boolean> {
    const ids = await this.listIds('generations_begin_next', statements.BEGIN_NEXT, [
      generation.id,
      owner,
      generation.provider,
      generation.model,
      generation.connection,
      generation.size,
      JSON.stringify(generation.options),
      JSON.stringify(generation.quote),
      failed.id,
      failed.error?.code ?? null,
      failed.error?.message ?? null,
      failed.vendorRequestId,
      attempt.id,
      attempt.ordinal,
    ]);
    return ids.length > 0;
  }

  async requestCancel(id: string): Promise<boolean> {
    const ids = await this.listIds('generations_cancel', statements.REQUEST_CANCEL, [id]);
    return ids.length > 0;
  }

  async markDelivered(ids: readonly string[]): Promise<void> {
    await this.sql.query('generations_delivered', statements.MARK_DELIVERED, [[...ids]]);
  }

  async listAbandonedHolds(limit: number): Promise<string[]> {
    return this.listIds('generations_abandoned', statements.LIST_ABANDONED_HOLDS, [limit]);
  }

  async purgeExpiredKeys(limit: number): Promise<number> {
    const rows = await this.sql.query('generations_purge_keys', statements.PURGE_EXPIRED_KEYS, [
      limit,
    ]);
    return rows.length;
  }

  private async findOwned(id: string): Promise<OwnedRun | null> {
    const [generation, attempts] = await Promise.all([this.find(id), this.listAttempts([id])]);
    const attempt = attempts.at(-1);
    return generation && attempt ? { generation, attempt, earlier: attempts.slice(0, -1) } : null;
  }

  private async listIds(name: string, text: string, values: unknown[]): Promise<string[]> {
    const rows = await this.sql.query<{ id: string }>(name, text, values);
    return rows.map((row) => row.id);
  }
}
