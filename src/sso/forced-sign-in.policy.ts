import { Injectable } from '@nestjs/common';
import { type ForcedSignIn, SignInPolicy } from '../auth/domain/sign-in-policy.port.js';
import { KnownProviders } from './known-providers.js';

/** The domains of the identity providers, as password login asks about them. */
@Injectable()
export class ForcedSignInPolicy extends SignInPolicy {
  constructor(private readonly providers: KnownProviders) {
    super();
  }

  async findForced(email: string): Promise<ForcedSignIn | null> {
    const provider = await this.providers.findForced(email);
    if (!provider) return null;
    return {
      providerSlug: provider.slug,
      providerName: provider.name,
      startUrl: this.providers.toStartUrl(provider),
      isOperatorPasswordAllowed: provider.allowOperatorPassword,
    };
  }
}
