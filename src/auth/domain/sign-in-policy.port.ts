/** Where the people of an e-mail domain have to sign in. */
export interface ForcedSignIn {
  /** Short name of the identity provider, as in its addresses. */
  providerSlug: string;
  providerName: string;
  /** Absolute address that begins the sign-in. */
  startUrl: string;
  /** Whether an operator may still use a password: the way in when the provider is away. */
  isOperatorPasswordAllowed: boolean;
}

/**
 * Which e-mail addresses must sign in through an identity provider. Password login stands below single sign-on, so
 * it asks through this port, which the sso room answers.
 */
export abstract class SignInPolicy {
  /** Null: a password may be used. Ask it wherever a password would be set, reset or checked. */
  abstract findForced(email: string): Promise<ForcedSignIn | null>;
}
