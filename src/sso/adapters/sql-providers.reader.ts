import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../../common/page.js';
import { Sql } from '../../persistence/sql.port.js';
import { type IdentityProvider, PROVIDERS_MAX } from '../domain/identity-provider.js';
import { ProvidersReader } from '../domain/providers.reader.port.js';
import { type ProviderRow, SELECT_PROVIDERS, toProvider } from './provider-row.js';

@Injectable()
export class SqlProvidersReader extends ProvidersReader {
  constructor(private readonly sql: Sql) {
    super();
  }

  async listAll(): Promise<IdentityProvider[]> {
    const rows = await this.sql.query<ProviderRow>(
      'sso_list_all_providers',
      `${SELECT_PROVIDERS} ORDER BY p.slug LIMIT $1`,
      [PROVIDERS_MAX],
    );
    return rows.map(toProvider);
  }

  async list({ limit, after }: PageRequest): Promise<IdentityProvider[]> {
    const rows = await this.sql.query<ProviderRow>(
      'sso_list_providers',
      `${SELECT_PROVIDERS} WHERE ($1::uuid IS NULL OR p.id < $1) ORDER BY p.id DESC LIMIT $2`,
      [after, limit + 1],
    );
    return rows.map(toProvider);
  }

  async findById(id: string): Promise<IdentityProvider | null> {
    const [row] = await this.sql.query<ProviderRow>(
      'sso_find_provider',
      `${SELECT_PROVIDERS} WHERE p.id = $1`,
      [id],
    );
    return row ? toProvider(row) : null;
  }
}
