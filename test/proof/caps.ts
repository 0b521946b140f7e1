/** Budgets of every scope over one caller, made through the routes as the operator makes them. */
import { newId } from '../../src/common/ids.js';
import { ADMIN_PASSWORD } from '../setup/installation.js';
import { ADMIN_EMAIL, readWallet, type Reply, send } from './service-client.js';

export const CAPS = ['space', 'user', 'member', 'key', 'global'] as const;
export type Cap = (typeof CAPS)[number];

export interface Budget {
  id: string;
  scope: string;
  mode: string;
  spent_micros: number;
  held_micros: number;
}

const BUDGETS = '/api/v1/billing/budgets';

export class Caps {
  private constructor(
    private readonly baseUrl: string,
    private readonly session: Record<string, string>,
    private readonly subjects: Readonly<Record<Cap, object>>,
  ) {}

  /** Over the calls of the first API key. */
  static async open(baseUrl: string): Promise<Caps> {
    const login = { email: ADMIN_EMAIL, password: ADMIN_PASSWORD };
    const { body } = await send(baseUrl, 'POST', '/api/v1/auth/login', login);
    const session = { authorization: `Bearer ${body.access_token}` };
    const read = (path: string): Promise<Reply> => send(baseUrl, 'GET', path, undefined, session);
    const wallet = await readWallet(baseUrl);
    const me = await read('/api/v1/auth/me');
    const keys = await read('/api/v1/api-keys');
    const space = { search_space_id: wallet.search_space_id };
    const user = { user_id: me.body.id ?? me.body.user?.id };
    return new Caps(baseUrl, session, {
      global: {},
      space,
      user,
      member: { ...space, ...user },
      key: { api_key_id: keys.body.data[0].id },
    });
  }

  /** Its id. It never begins anew. */
  async make(scope: Cap, limitMicros: number, mode: 'hard' | 'soft' = 'hard'): Promise<string> {
    const body = {
      name: `${scope} ${newId()}`,
      scope,
      ...this.subjects[scope],
      mode,
      period: 'total',
      limit_micros: limitMicros,
    };
    const { status, body: made } = await this.ask('POST', BUDGETS, body);
    if (status !== 201)
      throw new Error(`a budget was answered with ${status}: ${JSON.stringify(made)}`);
    return made.id;
  }

  async read(id: string): Promise<Budget> {
    return (await this.ask('GET', `${BUDGETS}/${id}`)).body;
  }

  async remove(id: string): Promise<void> {
    await fetch(`${this.baseUrl}${BUDGETS}/${id}`, { method: 'DELETE', headers: this.session });
  }

  private ask(method: string, path: string, body?: object): Promise<Reply> {
    return send(this.baseUrl, method, path, body, this.session);
  }
}
