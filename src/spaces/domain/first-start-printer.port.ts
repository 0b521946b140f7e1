/** What the first start made. The only place where a secret is ever shown. */
export interface FirstStartNotice {
  email: string;
  /** Null when it was set by BOOTSTRAP_ADMIN_PASSWORD. */
  password: string | null;
  /** Null when it was set by BOOTSTRAP_API_KEY. */
  apiKey: string | null;
  searchSpaceId: string;
}

/** Tells whoever started the service what to log in with. Never through the log. */
export abstract class FirstStartPrinter {
  abstract print(notice: FirstStartNotice): void;
}
