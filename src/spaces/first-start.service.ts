import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { ApiKeysService } from '../auth/api-keys.service.js';
import { toEmail } from '../auth/domain/email.js';
import { assertPassword, newPassword } from '../auth/domain/password.js';
import type { UserCredentials } from '../auth/domain/user.js';
import { UsersService } from '../auth/users.service.js';
import { toMicros } from '../common/micros.js';
import { SCOPES } from '../common/permission.js';
import { AppConfig } from '../config/app-config.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { FirstStartLock } from './domain/first-start-lock.port.js';
import type { FirstStartNotice } from './domain/first-start-printer.port.js';
import { SpaceHooks } from './space-hooks.js';
import { SpacesService } from './spaces.service.js';

/** Named to whoever set them badly. */
const EMAIL_SETTING = 'BOOTSTRAP_ADMIN_EMAIL';
const PASSWORD_SETTING = 'BOOTSTRAP_ADMIN_PASSWORD';
const OPERATOR_NAME = 'Operator';
const SPACE_NAME = 'First space';
const KEY_NAME = 'First key';

/** With no user in the database: an operator, a space with money, and a key; all of it or nothing. */
@Injectable()
export class FirstStartService {
  constructor(
    private readonly config: AppConfig,
    private readonly unitOfWork: UnitOfWork,
    private readonly users: UsersService,
    private readonly apiKeys: ApiKeysService,
    private readonly spaces: SpacesService,
    private readonly hooks: SpaceHooks,
  ) {}

  /** What was made, or null when there were users, or another process made them at the same time. */
  async run(): Promise<FirstStartNotice | null> {
    if (await this.users.hasAny()) return null;
    const { adminEmail, adminPassword } = this.config.bootstrap;
    const password = adminPassword ?? newPassword();
    assertPassword(password, toEmail(adminEmail, EMAIL_SETTING), PASSWORD_SETTING);
    const operator = await this.users.prepare({
      email: adminEmail,
      name: OPERATOR_NAME,
      password,
      isOperator: true,
    });
    const made = await this.unitOfWork.run((scope) => this.makeIn(scope, operator));
    if (!made) return null;
    return { email: operator.email, password: adminPassword === null ? password : null, ...made };
  }

  private async makeIn(
    scope: WorkScope,
    operator: UserCredentials,
  ): Promise<Pick<FirstStartNotice, 'apiKey' | 'searchSpaceId'> | null> {
    const { apiKey: givenKey, creditMicros } = this.config.bootstrap;
    await scope.get(FirstStartLock).take();
    if (await this.users.hasAnyIn(scope)) return null;
    await this.users.addIn(scope, operator);
    const space = await this.spaces.addIn(scope, operator.id, { name: SPACE_NAME });
    await this.hooks.runFirstSpace(scope, space.id, toMicros(creditMicros));
    const { key, apiKey } = await this.apiKeys.addIn(
      scope,
      operator.id,
      { name: KEY_NAME, searchSpaceId: space.id, scopes: SCOPES },
      givenKey ?? undefined,
    );
    await scope.get(AuditTrail).record({
      action: 'service.first_started',
      target: { type: 'user', id: operator.id },
      searchSpaceId: space.id,
      after: {
        operator_id: operator.id,
        operator_email: operator.email,
        api_key_id: apiKey.id,
        credit_micros: creditMicros,
      },
    });
    return { apiKey: givenKey === null ? key : null, searchSpaceId: space.id };
  }
}
