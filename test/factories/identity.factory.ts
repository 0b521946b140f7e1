/** An identity application on a fresh database, and a client that speaks to it in the words of the tests. */
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { expect } from 'vitest';
import type { Environment } from '../../src/config/read-settings.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import type { FirstStartNotice } from '../../src/spaces/domain/first-start-printer.port.js';
import { createTestDatabase, type TestDatabase } from '../setup/database.js';
import { startIdentity } from '../setup/identity-application.js';
import type { DatabaseKind } from '../setup/services.js';

export const OPERATOR_EMAIL = 'operator@atelier.local';
export const OPERATOR_PASSWORD = 'a password for the tests';
export const USER_PASSWORD = 'another password for the tests';

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: Readonly<Record<string, unknown>>;
}

export interface Call {
  /** Access token or API key, sent as Bearer. */
  as?: string;
  body?: object;
  headers?: Record<string, string>;
  /** The client's address. */
  from?: string;
}

export interface Tokens {
  access: string;
  refresh: string;
}

export interface TestUser extends Tokens {
  id: string;
  email: string;
}

export class TestIdentity {
  private users = 0;

  private constructor(
    readonly database: TestDatabase,
    readonly environment: Environment,
    readonly app: NestFastifyApplication,
    readonly notices: FirstStartNotice[],
  ) {}

  /** `prepare` runs before the rooms' start-up hooks. */
  static async open(
    kind: DatabaseKind,
    settings: Environment = {},
    prepare?: (app: NestFastifyApplication) => void,
    rooms: readonly Type[] = [],
  ): Promise<TestIdentity> {
    const database = await createTestDatabase(kind);
    const environment = {
      ...database.environment,
      BOOTSTRAP_ADMIN_PASSWORD: OPERATOR_PASSWORD,
      // Suites that share a Redis share its counts.
      LOGIN_RPM: '100000',
      LOGIN_ACCOUNT_FAILURES: '100000',
      ...settings,
    };
    const { app, notices } = await startIdentity(environment, prepare, rooms);
    return new TestIdentity(database, environment, app, notices);
  }

  /** A second process on the same database. Close it before `close`. */
  async fork(): Promise<TestIdentity> {
    const { app, notices } = await startIdentity(this.environment);
    return new TestIdentity(this.database, this.environment, app, notices);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.database.drop();
  }

  /** A statement past the application, as an operator of the database would send it. */
  sql<R extends object>(text: string, values: unknown[] = []): Promise<R[]> {
    return this.app.get(ManagedDataSource).query<R[]>(text, values);
  }

  async call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    call: Call = {},
  ): Promise<Answer> {
    const response = await this.app.inject({
      method,
      url,
      remoteAddress: call.from,
      headers: { ...(call.as && { authorization: `Bearer ${call.as}` }), ...call.headers },
      ...(call.body && { payload: call.body }),
    });
    const body = response.body === '' ? {} : response.json<Answer['body']>();
    return { status: response.statusCode, headers: response.headers, body };
  }

  /** The same, and the status must be this one. */
  async expect(
    status: number,
    ...parameters: Parameters<TestIdentity['call']>
  ): Promise<Answer['body']> {
    const answer = await this.call(...parameters);
    expect({ status: answer.status, body: answer.body }).toMatchObject({ status });
    return answer.body;
  }

  async login(email: string, password: string, from?: string): Promise<Tokens> {
    const body = await this.expect(200, 'POST', '/api/v1/auth/login', {
      body: { email, password },
      from,
    });
    return { access: String(body.access_token), refresh: String(body.refresh_token) };
  }

  operator(): Promise<Tokens> {
    return this.login(OPERATOR_EMAIL, OPERATOR_PASSWORD);
  }

  /** A new user, logged in. */
  async user(operator: Tokens): Promise<TestUser> {
    this.users += 1;
    const email = `user${this.users}@example.com`;
    const made = await this.expect(201, 'POST', '/api/v1/users', {
      as: operator.access,
      body: { email, password: USER_PASSWORD, name: `User ${this.users}` },
    });
    return { id: String(made.id), email, ...(await this.login(email, USER_PASSWORD)) };
  }

  async space(owner: Tokens, name = 'A space'): Promise<string> {
    const made = await this.expect(201, 'POST', '/api/v1/search-spaces', {
      as: owner.access,
      body: { name },
    });
    return String(made.id);
  }

  async join(owner: Tokens, spaceId: string, email: string, role: string): Promise<void> {
    await this.expect(201, 'POST', `/api/v1/search-spaces/${spaceId}/members`, {
      as: owner.access,
      body: { email, role },
    });
  }

  async key(
    maker: Tokens,
    spaceId: string,
    more: object = {},
  ): Promise<{ id: string; key: string }> {
    const made = await this.expect(201, 'POST', '/api/v1/api-keys', {
      as: maker.access,
      body: { name: 'A key', search_space_id: spaceId, ...more },
    });
    return { id: String(made.id), key: String(made.key) };
  }
}
