import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { newId } from '../common/ids.js';
import { ModelCatalogService } from '../providers/model-catalog.service.js';
import { ProviderFactory } from '../providers/provider.factory.js';
import type { ProviderCredential } from '../providers/spec/image-call.js';
import { ProviderError } from '../providers/spec/provider.errors.js';
import { ConnectionAuthority } from './connection-authority.js';
import { ConnectionOpener } from './connection-opener.js';
import { ConnectionProbesService } from './connection-probes.service.js';
import type { ServedModel } from './connection.js';
import { modelNotFound } from './domain/connections.errors.js';
import { ConnectionsReader } from './domain/connections.reader.port.js';
import { serveModels } from './serve-models.js';

export const TRIAL_TIMEOUT_MS = 30_000;
const TRIAL_TEXT = 'Say ok.';
/** Enough for vendors that refuse less. */
const TRIAL_TOKENS = 16;
const ANSWER_BYTES_MAX = 65_536;

export interface Trial {
  isOk: boolean;
  /** `called`: the model answered; `verified`: the key works, and the model was not called, which would cost. */
  proof: 'called' | 'verified';
  /** Our error code; null when it went well. */
  code: string | null;
  message: string | null;
  durationMs: number;
}

/**
 * Tries one model. Chat and embedding models are called for a few tokens, which the holder of the connection pays at the
 * vendor: the house's are for operators alone. Pictures cost real money, so that there the key alone is tried.
 */
@Injectable()
export class ModelTrialsService {
  constructor(
    private readonly authority: ConnectionAuthority,
    private readonly reader: ConnectionsReader,
    private readonly opener: ConnectionOpener,
    private readonly probes: ConnectionProbesService,
    private readonly factory: ProviderFactory,
    private readonly catalog: ModelCatalogService,
  ) {}

  /** @throws DomainError `request.not_found`, `rbac.permission_denied`, `upstream.busy` */
  async try(caller: Caller, id: string, name: string): Promise<Trial> {
    const record = await this.authority.getFor(caller, id, 'update');
    const row = await this.reader.findModel(record.id, name);
    // A disabled one is tried before it is enabled.
    const models = row ? [{ ...row, isEnabled: true }] : [];
    const served = serveModels({ record, models }, this.catalog).get(name);
    if (!served) throw modelNotFound();
    const startedMs = performance.now();
    const toTrial = (part: Omit<Trial, 'durationMs'>): Trial => ({
      ...part,
      durationMs: Math.round(performance.now() - startedMs),
    });
    if (served.model.kind === 'image') {
      const { status, reason } = await this.probes.verify(caller, id);
      const isOk = status === 'ok';
      return toTrial({ isOk, proof: 'verified', code: isOk ? null : status, message: reason });
    }
    try {
      await this.call(served, this.opener.toCredential(record));
      return toTrial({ isOk: true, proof: 'called', code: null, message: null });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      return toTrial({ isOk: false, proof: 'called', code: error.code, message: error.message });
    }
  }

  private async call(
    { model, vendorModel }: ServedModel,
    credential: ProviderCredential,
  ): Promise<void> {
    const call = {
      attemptId: newId(),
      model: model.id,
      vendorModel,
      credential,
      signal: AbortSignal.timeout(TRIAL_TIMEOUT_MS),
    };
    if (model.kind === 'embedding') {
      const more = { inputs: [TRIAL_TEXT], dimensions: null, user: null };
      await this.factory.getEmbeddingProvider(model.provider).submit({ ...call, ...more });
      return;
    }
    const request = {
      messages: [{ role: 'user', content: TRIAL_TEXT }],
      max_completion_tokens: TRIAL_TOKENS,
    };
    const provider = this.factory.getChatProvider(model.provider);
    const reply = await provider.submit({ ...call, request, stream: false });
    let sizeBytes = 0;
    for await (const part of reply.body) {
      sizeBytes += part.byteLength;
      if (sizeBytes > ANSWER_BYTES_MAX) break;
    }
  }
}
