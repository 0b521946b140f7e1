/** A browser without a screen: keeps cookies by host and path, follows every redirect, fills in forms. */

interface Cookie {
  host: string;
  path: string;
  name: string;
  value: string;
}

export interface Visited {
  url: string;
  status: number;
  headers: Headers;
  body: string;
}

const REDIRECTS_MAX = 20;
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

export class WebClient {
  private cookies: Cookie[] = [];
  /** Every address that was visited, in order. */
  readonly visited: string[] = [];

  /** @param isEnd stops before an address is visited, and answers the redirect that led to it */
  async get(url: string, isEnd: (url: string) => boolean = () => false): Promise<Visited> {
    return this.follow(url, undefined, isEnd);
  }

  /** Sends the first form of a page with these values besides its hidden ones. */
  async submit(
    page: Visited,
    values: Record<string, string>,
    isEnd: (url: string) => boolean = () => false,
  ): Promise<Visited> {
    const [, action = ''] = /<form[^>]*action="([^"]*)"/.exec(page.body) ?? [];
    const hidden = [...page.body.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => {
      const name = /name="([^"]*)"/.exec(input)?.[1] ?? '';
      return [name, /value="([^"]*)"/.exec(input)?.[1] ?? ''] as const;
    });
    const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...values });
    return this.follow(new URL(action, page.url).href, body, isEnd);
  }

  /** Walks through the issuer's own login and consent forms. */
  async signIn(
    url: string,
    login: string,
    isEnd: (url: string) => boolean = () => false,
  ): Promise<Visited> {
    let page = await this.get(url, isEnd);
    for (let forms = 0; forms < REDIRECTS_MAX && page.body.includes('name="prompt"'); forms += 1) {
      page = await this.submit(
        page,
        page.body.includes('name="login"') ? { login, password: 'x' } : {},
        isEnd,
      );
    }
    return page;
  }

  forget(prefix: string): void {
    this.cookies = this.cookies.filter(({ name }) => !name.startsWith(prefix));
  }

  find(prefix: string): Cookie | undefined {
    return this.cookies.find(({ name }) => name.startsWith(prefix));
  }

  private async follow(
    start: string,
    form: URLSearchParams | undefined,
    isEnd: (url: string) => boolean,
  ): Promise<Visited> {
    let url = start;
    let body = form;
    for (let redirects = 0; redirects < REDIRECTS_MAX; redirects += 1) {
      this.visited.push(url);
      const response = await fetch(url, {
        method: body ? 'POST' : 'GET',
        body,
        redirect: 'manual',
        headers: { cookie: this.toHeader(url), accept: 'text/html,*/*' },
      });
      this.keep(url, response.headers);
      const { status, headers } = response;
      const location = headers.get('location');
      const text = await response.text();
      if (!REDIRECT_STATUSES.includes(status) || location === null) {
        return { url, status, headers, body: text };
      }
      const next = new URL(location, url).href;
      if (isEnd(next)) return { url: next, status, headers, body: text };
      url = next;
      body = undefined;
    }
    throw new Error(`too many redirects from ${start}`);
  }

  private toHeader(url: string): string {
    const { hostname, pathname } = new URL(url);
    return this.cookies
      .filter(({ host, path }) => host === hostname && pathname.startsWith(path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }

  private keep(url: string, headers: Headers): void {
    const { hostname: host } = new URL(url);
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const [name = '', ...rest] = pair.split('=');
      const value = rest.join('=');
      const find = (key: string) =>
        attributes.find((one) => one.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1);
      const path = find('path') ?? '/';
      const isSame = (one: Cookie) => one.host === host && one.path === path && one.name === name;
      this.cookies = this.cookies.filter((one) => !isSame(one));
      if (value !== '' && find('max-age') !== '0') this.cookies.push({ host, path, name, value });
    }
  }
}
