import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { ModelCatalogService } from '../providers/model-catalog.service.js';
import { ConnectionProber } from '../providers/probe/connection-prober.js';
import type { FoundModel } from '../providers/probe/found-model.js';
import type { ProbeResult } from '../providers/probe/map-probe-failure.js';
import type { ProviderCredential } from '../providers/spec/image-call.js';
import { ConnectionAssembler, type ConnectionTarget } from './connection-assembler.js';
import { ConnectionAuthority } from './connection-authority.js';
import { ConnectionModelsService, type FoundName } from './connection-models.service.js';
import { ConnectionOpener } from './connection-opener.js';
import { tooManyProbes } from './domain/connections.errors.js';
import { toNewModels } from './guess-model-kind.js';

export const VERIFY_TIMEOUT_MS = 8_000;
export const DISCOVER_TIMEOUT_MS = 15_000;
/** Of this process: each holds a connection to somebody for seconds. */
const PROBES_AT_ONCE_MAX = 16;
/** So that nobody takes all of them with a vendor that never answers. */
const PROBES_OF_USER_MAX = 4;
const NAMES_KNOWN: ReadonlySet<string> = new Set();

export interface Discovery extends ProbeResult {
  /** False = this vendor names none. */
  isListed: boolean;
  /** How many the vendor named, also such as are known already. */
  found: number;
  /** Those that are new: kept and disabled, or, in a preview, what would be. */
  models: readonly FoundName[];
}

/** Asks vendors whether a connection works and what it could serve. Costs nothing. */
@Injectable()
export class ConnectionProbesService {
  private running = 0;
  private readonly byUser = new Map<string, number>();

  constructor(
    private readonly prober: ConnectionProber,
    private readonly authority: ConnectionAuthority,
    private readonly assembler: ConnectionAssembler,
    private readonly opener: ConnectionOpener,
    private readonly models: ConnectionModelsService,
    private readonly catalog: ModelCatalogService,
  ) {}

  /** @throws DomainError `request.not_found`, `rbac.permission_denied`, `upstream.busy` */
  async verify(caller: Caller, id: string): Promise<ProbeResult> {
    const record = await this.authority.getFor(caller, id, 'update');
    return this.ask(caller, record.provider, this.opener.toCredential(record));
  }

  /** Before anything is kept. @throws DomainError `request.invalid` naming the field, `upstream.busy` */
  async testPreview(caller: Caller, target: ConnectionTarget): Promise<ProbeResult> {
    return this.ask(caller, target.provider, this.assembler.toCall(target, caller.isOperator));
  }

  /** What the vendor names anew is kept, disabled. @throws DomainError as `verify` */
  async discover(caller: Caller, id: string): Promise<Discovery> {
    const record = await this.authority.getFor(caller, id, 'update');
    const credential = this.opener.toCredential(record);
    const discovered = await this.list(caller, record.provider, credential);
    const catalog = this.listCatalogNames(record.servesCatalog ? record.provider : null);
    const fresh = toNewModels(discovered.models, catalog, this.catalog);
    const models = await this.models.addDiscovered(record, fresh);
    return { ...discovered, found: discovered.models.length, models };
  }

  /** Nothing is kept. @throws DomainError as `testPreview` */
  async discoverPreview(caller: Caller, target: ConnectionTarget): Promise<Discovery> {
    const credential = this.assembler.toCall(target, caller.isOperator);
    const discovered = await this.list(caller, target.provider, credential);
    const models = toNewModels(discovered.models, NAMES_KNOWN, this.catalog);
    return { ...discovered, found: discovered.models.length, models };
  }

  private ask(
    caller: Caller,
    provider: string,
    credential: ProviderCredential,
  ): Promise<ProbeResult> {
    const signal = AbortSignal.timeout(VERIFY_TIMEOUT_MS);
    return this.bounded(caller, () => this.prober.verify(provider, credential, signal));
  }

  private list(
    caller: Caller,
    provider: string,
    credential: ProviderCredential,
  ): Promise<ProbeResult & { isListed: boolean; models: readonly FoundModel[] }> {
    const signal = AbortSignal.timeout(DISCOVER_TIMEOUT_MS);
    return this.bounded(caller, () => this.prober.discover(provider, credential, signal));
  }

  private async bounded<T>({ userId }: Caller, probe: () => Promise<T>): Promise<T> {
    const own = this.byUser.get(userId) ?? 0;
    if (this.running >= PROBES_AT_ONCE_MAX || own >= PROBES_OF_USER_MAX) throw tooManyProbes();
    this.running += 1;
    this.byUser.set(userId, own + 1);
    try {
      return await probe();
    } finally {
      this.running -= 1;
      const left = (this.byUser.get(userId) ?? 1) - 1;
      if (left === 0) this.byUser.delete(userId);
      else this.byUser.set(userId, left);
    }
  }

  private listCatalogNames(provider: string | null): ReadonlySet<string> {
    const models = [
      ...this.catalog.listImageModels(),
      ...this.catalog.listChatModels(),
      ...this.catalog.listEmbeddingModels(),
    ];
    return new Set(models.filter((model) => model.provider === provider).map(({ id }) => id));
  }
}
