import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { credentialsInvalid } from './domain/auth.errors.js';
import { ApiKeysReader } from './domain/api-keys.reader.port.js';
import { UsersReader } from './domain/users.reader.port.js';

/** What a caller is called. */
@Injectable()
export class WhoAmIService {
  constructor(
    private readonly users: UsersReader,
    private readonly apiKeys: ApiKeysReader,
  ) {}

  /** A key tells its own name, not its maker's address: it may be in a stranger's hands. */
  async describe(caller: Caller): Promise<{ name: string; email: string | null }> {
    // A user of the remote backend came with a key of theirs, of which we keep nothing.
    if (caller.externalId !== undefined) return { name: caller.externalId, email: null };
    if (caller.kind === 'api_key') {
      const apiKey = await this.apiKeys.findById(caller.id);
      if (!apiKey) throw credentialsInvalid();
      return { name: apiKey.name, email: null };
    }
    const user = await this.users.findById(caller.userId);
    if (!user) throw credentialsInvalid();
    return { name: user.name, email: user.email };
  }
}
