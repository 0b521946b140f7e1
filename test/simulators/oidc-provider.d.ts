/** What the simulator uses of oidc-provider, which brings no types. */
declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http';

  export interface KoaContext {
    path: string;
    body: unknown;
    status: number;
  }

  export class Provider {
    constructor(issuer: string, configuration: object);
    callback(): RequestListener;
    use(middleware: (context: KoaContext, next: () => Promise<void>) => Promise<void>): void;
  }
}
