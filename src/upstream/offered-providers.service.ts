import { Injectable } from '@nestjs/common';
import { ConnectionsDirectory } from '../connections/connections-directory.port.js';
import { ProviderFactory } from '../providers/provider.factory.js';

export type ProviderKind = 'image' | 'chat' | 'embedding';

export interface OfferedProvider {
  id: string;
  kinds: readonly ProviderKind[];
  /** Whether the house has an enabled connection to it. */
  isConfigured: boolean;
}

/** Which providers the house speaks with. */
@Injectable()
export class OfferedProvidersService {
  constructor(
    private readonly factory: ProviderFactory,
    private readonly directory: ConnectionsDirectory,
  ) {}

  async list(): Promise<OfferedProvider[]> {
    const connections = await this.directory.listGlobal();
    const enabled = connections.filter(({ isEnabled }) => isEnabled);
    const configured = new Set(enabled.map(({ provider }) => provider));
    return this.factory.listProviderIds().map((id) => ({
      id,
      kinds: this.listKinds(id),
      isConfigured: configured.has(id),
    }));
  }

  private listKinds(id: string): ProviderKind[] {
    const found: Record<ProviderKind, unknown> = {
      image: this.factory.findImageProvider(id),
      chat: this.factory.findChatProvider(id),
      embedding: this.factory.findEmbeddingProvider(id),
    };
    return (Object.keys(found) as ProviderKind[]).filter((kind) => found[kind] !== null);
  }
}
