import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { PublicUrl } from '../http/public-url.js';
import { toReturnUrl } from './domain/return-url.js';

/** Where a sign-in may lead back to: PUBLIC_URL's origin and SSO_RETURN_ORIGINS. */
@Injectable()
export class ReturnAddresses {
  constructor(
    private readonly config: AppConfig,
    private readonly publicUrl: PublicUrl,
  ) {}

  /** @param asked undefined for our own page @throws DomainError `request.invalid` naming return_to */
  resolve(asked: string | undefined): string {
    const own = this.publicUrl.to('/api/v1/auth/oidc/complete');
    if (asked === undefined) return own;
    return toReturnUrl(asked, [new URL(own).origin, ...this.config.sso.returnOrigins]);
  }
}
