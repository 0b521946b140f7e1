import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { credentialsInvalid } from './domain/auth.errors.js';
import { normalizeEmail, toEmail } from './domain/email.js';
import type { User, UserCredentials, UserFilter } from './domain/user.js';
import { UsersReader } from './domain/users.reader.port.js';
import { UsersRepository } from './domain/users.repository.port.js';
import { PasswordsService } from './passwords.service.js';

export interface NewUser {
  email: string;
  name: string;
  password: string;
  isOperator: boolean;
}

/** The accounts of people. */
@Injectable()
export class UsersService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly users: UsersReader,
    private readonly passwords: PasswordsService,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `request.invalid` naming the field, `request.conflict` for an e-mail address in use */
  async create(input: NewUser): Promise<User> {
    const user = await this.prepare(input);
    await this.unitOfWork.run((scope) => this.addIn(scope, user));
    return user;
  }

  /** Checks and hashes, which is slow and so done before a transaction is open. */
  async prepare(input: NewUser): Promise<UserCredentials> {
    const email = toEmail(input.email);
    return {
      id: newId(),
      email,
      name: input.name.trim(),
      isOperator: input.isOperator,
      status: 'active',
      version: 1,
      createdAt: this.clock.now(),
      passwordHash: await this.passwords.prepare(input.password, email),
    };
  }

  /** Adds a prepared user in the caller's transaction. */
  async addIn(scope: WorkScope, user: UserCredentials): Promise<void> {
    const isAdded = await scope.get(UsersRepository).add(user);
    if (!isAdded) {
      throw new DomainError('request.conflict', 'email: there is a user with this e-mail address', {
        fields: [{ field: 'email', message: 'is in use' }],
      });
    }
    await scope.get(AuditTrail).record({
      action: 'user.created',
      target: { type: 'user', id: user.id },
      searchSpaceId: null,
      after: { email: user.email, name: user.name, is_operator: user.isOperator },
    });
  }

  /** What users may change of themselves. @throws DomainError `auth.credentials_invalid` */
  async rename(id: string, name: string): Promise<User> {
    return this.unitOfWork.run(async (scope) => {
      const before = await scope.get(UsersRepository).lock(id);
      if (!before) throw credentialsInvalid();
      const after = { ...before, name: name.trim() };
      if (after.name === before.name) return before;
      await scope.get(AuditTrail).record({
        action: 'user.updated',
        target: { type: 'user', id },
        searchSpaceId: null,
        before: { name: before.name },
        after: { name: after.name },
      });
      await scope.get(UsersRepository).update(after);
      return after;
    });
  }

  /** Newest first; one row more than `limit` when there are more. */
  list(filter: UserFilter, page: PageRequest): Promise<User[]> {
    return this.users.list(filter, page);
  }

  listByIds(ids: readonly string[]): Promise<User[]> {
    return ids.length === 0 ? Promise.resolve([]) : this.users.listByIds(ids);
  }

  findByEmail(email: string): Promise<User | null> {
    return this.users.findByEmail(normalizeEmail(email));
  }

  findById(id: string): Promise<User | null> {
    return this.users.findById(id);
  }

  hasAny(): Promise<boolean> {
    return this.users.hasAny();
  }

  /** The same, as the caller's transaction sees it. */
  hasAnyIn(scope: WorkScope): Promise<boolean> {
    return scope.get(UsersRepository).hasAny();
  }
}
