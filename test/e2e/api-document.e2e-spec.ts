// Proves that the API page describes every route there is: what it is for, who may call it, what goes in and out, and
// every way it refuses; that its examples work; and that a route which says not who may call it stops the boot.
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Public } from '../../src/http/public.decorator.js';
import { auditRoutes, UnmarkedRoutesError } from '../../src/http/route-audit.js';
import { startApplication, type TestApplication } from '../setup/application.js';

interface Answered {
  description: string;
  content?: Record<string, { schema?: { $ref?: string }; example?: unknown }>;
}

interface Operation {
  path: string;
  method: string;
  operationId: string;
  summary?: string;
  tags?: string[];
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string; required: boolean; schema: object }[];
  requestBody?: {
    content: Record<
      string,
      { schema: { $ref: string }; examples?: Record<string, { value: object }> }
    >;
  };
  responses: Record<string, Answered>;
}

const PUBLIC_ROUTES = [
  'get /',
  'get /api/v1/auth/oidc',
  'get /api/v1/auth/oidc/{slug}/callback',
  'get /api/v1/auth/oidc/{slug}/start',
  'get /api/v1/auth/oidc/complete',
  'get /api/v1/image-generations/{id}/image',
  'get /api/v1/invites/{code}',
  'get /api/v1/media/{id}/file',
  'get /health',
  'get /health/live',
  'get /health/ready',
  'get /metrics',
  'post /api/v1/auth/login',
  'post /api/v1/auth/oidc/exchange',
  'post /api/v1/auth/refresh',
  'post /api/v1/auth/reset-password',
  'post /api/v1/payments/webhook/{provider}',
  'put /api/v1/media/uploads/{id}',
];

/** At least these; each takes money. */
const REPEATABLE_ROUTES = [
  'post /api/v1/image-generations',
  'post /v1/chat/completions',
  'post /v1/embeddings',
  'post /v1/images/edits',
  'post /v1/images/generations',
  'post /v1/images/variations',
];

let atelier: TestApplication;
let text: string;
let operations: Operation[];
let schemas: Record<string, { required?: string[]; properties?: Record<string, object> }>;

beforeAll(async () => {
  atelier = await startApplication();
  const { body } = await atelier.call('GET', '/docs-json', undefined, {});
  text = JSON.stringify(body);
  schemas = body.components.schemas;
  operations = Object.entries<Record<string, Operation>>(body.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ ...operation, path, method })),
  );
});
afterAll(async () => {
  await atelier.stop();
});

const nameOf = ({ method, path }: Operation) => `${method} ${path}`;
const failing = (isGood: (operation: Operation) => boolean) =>
  operations.filter((operation) => !isGood(operation)).map(nameOf);

describe('the page', () => {
  it('is served without credentials and loads what it needs from here', async () => {
    const { status, headers, body } = await atelier.call('GET', '/docs', undefined, {});
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('text/html');
    const assets = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address);
    expect(assets.length).toBeGreaterThan(2);
    for (const address of assets) {
      const url = new URL(address, `${atelier.baseUrl}/docs`);
      expect(url.origin).toBe(atelier.baseUrl);
      expect({ address, status: (await fetch(url)).status }).toEqual({ address, status: 200 });
    }
  });

  it('names only routes that answer', async () => {
    const known = new Set(operations.map(nameOf));
    expect(known.size).toBeGreaterThan(30);
    for (const route of known) {
      const [method = '', path = ''] = route.split(' ');
      const { status, body } = await atelier.call(
        method.toUpperCase(),
        path.replaceAll(/\{\w+\}/g, 'x'),
        undefined,
        {},
      );
      const isThere = status !== 404 || !String(body.detail).startsWith('No such route');
      expect({ route, isThere }).toEqual({ route, isThere: true });
    }
  });

  it('has every part it refers to', () => {
    const references = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)];
    for (const [, name = ''] of references) expect(Object.keys(schemas)).toContain(name);
    expect(references.length).toBeGreaterThan(50);
  });
});

describe('every operation', () => {
  it('has a name of its own, by which generated clients call it', () => {
    const names = operations.map(({ operationId }) => operationId);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it('says in a line what it does, under a heading', () => {
    expect(failing(({ summary, tags }) => Boolean(summary && tags?.length === 1))).toEqual([]);
  });

  it('says which credentials it takes; only these need none', () => {
    const open = operations.filter(({ security }) => !security?.length).map(nameOf);
    expect(open.toSorted((a, b) => a.localeCompare(b))).toEqual(PUBLIC_ROUTES);
    const schemes = ['bearer', 'api_key'];
    const isKnown = ({ security = [] }: Operation) =>
      security.every((one) => Object.keys(one).every((name) => schemes.includes(name)));
    expect(failing(isKnown)).toEqual([]);
  });

  it('declares every parameter of its path', () => {
    const declares = ({ path, parameters = [] }: Operation) => {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      return names.join() === inPath.map(({ name }) => name).join();
    };
    expect(failing(declares)).toEqual([]);
  });

  it('shows what it answers when all goes well', () => {
    const shows = ({ responses }: Operation) =>
      Object.entries(responses)
        .filter(([status]) => status.startsWith('2') && status !== '204')
        .every(([, { content }]) => Object.keys(content ?? {}).length > 0);
    expect(failing(shows)).toEqual([]);
    expect(
      failing(({ responses }) => Object.keys(responses).some((s) => /^(2|302)/.test(s))),
    ).toEqual([]);
  });

  it('shows every refusal in the face of its surface', () => {
    const isShown = ({ path, responses }: Operation) => {
      const isOpenai = path.startsWith('/v1/');
      const isFacade = path === '/api/v1/create-image';
      const type = isOpenai || isFacade ? 'application/json' : 'application/problem+json';
      const shape = isOpenai ? 'OpenAiError' : isFacade ? 'TryOnErrorResponse' : 'ProblemDetails';
      const reference = `#/components/schemas/${shape}`;
      const refusals = Object.entries(responses).filter(([status]) => Number(status) >= 400);
      return refusals.every(([, { description, content }]) => {
        const isHealth = path.startsWith('/health') && content?.['application/json'] !== undefined;
        return description !== '' && (isHealth || content?.[type]?.schema?.$ref === reference);
      });
    };
    expect(failing(isShown)).toEqual([]);
  });

  it.each<[string, (operation: Operation) => boolean, string[]]>([
    ['', () => true, ['400', '404', '429', '500']],
    [' with credentials', ({ security }) => Boolean(security?.length), ['401', '403']],
    [' with a body', ({ requestBody }) => requestBody !== undefined, ['413', '415']],
    [
      ' that costs money',
      ({ method, path }) =>
        method === 'post' && /(image-generations|images\/generations)$/.test(path),
      ['402', '409', '410', '422', '502', '503', '504'],
    ],
  ])('%s names the statuses it refuses with', (_title, isMeant, statuses) => {
    const meant = operations.filter(isMeant);
    expect(meant.length).toBeGreaterThan(1);
    for (const operation of meant) {
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(statuses));
    }
  });

  it('tells of Idempotency-Key, and of what comes of it, wherever one is heeded', () => {
    const named = operations.filter(({ parameters }) =>
      parameters?.some(({ name }) => name === 'Idempotency-Key'),
    );
    expect(named.map(nameOf)).toEqual(expect.arrayContaining(REPEATABLE_ROUTES));
    for (const operation of named) {
      expect(operation.responses[409]?.description, nameOf(operation)).toMatch(/running|runs/);
      expect(operation.responses[422]?.description, nameOf(operation)).toBeTruthy();
    }
  });

  it('shows for every field that must be sent what it may look like', () => {
    const bodies = operations.flatMap(({ requestBody }) =>
      Object.values(requestBody?.content ?? {}),
    );
    expect(bodies.length).toBeGreaterThan(8);
    const bare = bodies.flatMap(({ schema }) => {
      // Raw bytes, as a webhook brings them, have no form of ours.
      if (!schema.$ref) return [];
      const title = schema.$ref.split('/').at(-1) ?? '';
      const { required = [], properties = {} } = schemas[title] ?? {};
      const isShown = (name: string) =>
        ['example', 'enum', 'default'].some((key) => key in (properties[name] ?? {}));
      return required.filter((name) => !isShown(name)).map((name) => `${title}.${name}`);
    });
    expect(bare).toEqual([]);
  });
});

describe('the examples', () => {
  it('of requests for pictures work as they stand', async () => {
    const making = operations.filter(
      ({ method, path }) =>
        method === 'post' && /(image-generations|images\/generations)$/.test(path),
    );
    expect(making).toHaveLength(2);
    for (const { path, requestBody } of making) {
      const examples = Object.entries(requestBody?.content['application/json']?.examples ?? {});
      expect(examples.length).toBeGreaterThan(0);
      for (const [name, { value }] of examples) {
        const { status, body } = await atelier.call('POST', path, value);
        expect({ path, name, status, detail: body.detail }).toMatchObject({
          status: expect.toSatisfy((code: number) => code === 200 || code === 201),
        });
      }
    }
  });
});

describe('a route that says not who may call it', () => {
  @Controller('loose')
  class LooseController {
    @Get('marked')
    @Public()
    marked(): string {
      return 'for all';
    }

    @Get('forgotten')
    forgotten(): string {
      return 'for whom?';
    }
  }

  @Module({ controllers: [LooseController] })
  class LooseModule {}

  it('stops the boot and is named', async () => {
    const adapter = new FastifyAdapter();
    const assertAllMarked = auditRoutes(adapter.getInstance());
    const app = await NestFactory.create(LooseModule, adapter, { logger: false });
    await app.init();
    expect(assertAllMarked).toThrow(UnmarkedRoutesError);
    expect(assertAllMarked).toThrow('GET /loose/forgotten');
    expect(assertAllMarked).not.toThrow('/loose/marked');
    await app.close();
  });
});
