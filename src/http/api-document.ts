import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { DETAIL_PATHS } from './render-error.js';

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457 problem details',
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
  properties: {
    type: { type: 'string', example: 'urn:atelier:error:request.invalid' },
    title: { type: 'string', example: 'Invalid request' },
    status: { type: 'integer', example: 400 },
    detail: { type: 'string', example: 'n: must not be greater than 10' },
    instance: { type: 'string', example: '/api/v1/image-generations' },
    code: { type: 'string', example: 'request.invalid' },
    request_id: { type: 'string', example: '019a0000-0000-7000-8000-000000000000' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
} as const;

const OPENAI_ERROR = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string', example: 'n: must not be greater than 10' },
        type: { type: 'string', example: 'invalid_request_error' },
        param: { type: 'string', nullable: true, example: 'n' },
        code: { type: 'string', nullable: true, example: 'request.invalid' },
      },
    },
  },
} as const;

/** What any route may answer besides its success. */
const COMMON_ERRORS: Readonly<Record<string, string>> = {
  '400': 'The request is not valid; the answer names the field',
  '401': 'Credentials missing, invalid or expired',
  '403': 'The caller lacks the permission, scope or session',
  '404': 'No such thing, or no access to it',
  '429': 'Too many requests; wait for Retry-After seconds',
  '500': 'A fault of the service',
};

const STILL_RUNS = 'The request with this Idempotency-Key still runs';
const KEY_REUSED = 'The Idempotency-Key was used for another request';

/** The parts of the page, in the order a reader wants them. */
const TAGS: readonly (readonly [name: string, description: string])[] = [
  ['image-generations', 'Pictures: make, list, read, cancel, delete'],
  ['media', 'Pictures as files: uploads, lists, and where they come from'],
  ['retention', 'How long pictures are kept, what must be kept, and clearing up'],
  ['prompts', 'What becomes of prompts, and templates of them'],
  ['try-on', 'People dressed in pictures: the façade of shops, and why people may be shown'],
  ['openai', 'The same for OpenAI clients: base URL /v1'],
  ['models', 'What can be asked for, and under which names'],
  ['connections', "Credentials at vendors: the house's, a space's, a user's own"],
  ['providers', 'The vendors, and how they fare'],
  ['billing', 'Wallets, ledger, usage and prices, in millionths of a US dollar'],
  ['search-spaces', 'The tenants: everything belongs to one'],
  ['collections', 'Projects inside a search space'],
  ['members', 'Who may do what in a search space'],
  ['webhooks', 'What happens in a search space, sent to an address of yours'],
  ['api-keys', 'Keys for programs'],
  ['service-accounts', 'Accounts that only keys act for'],
  ['auth', 'Logins for people'],
  ['identity-providers', 'Single sign-on, for operators'],
  ['users', 'Accounts, for operators'],
  ['audit', 'Who changed what'],
  ['operations', 'Health and metrics'],
];

/** What a route that takes a body may answer besides. */
const BODY_ERRORS: Readonly<Record<string, string>> = {
  '413': 'The body is over the limit',
  '415': 'The body is of a type this route does not take',
};

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** Builds the OpenAPI description and serves it: Swagger UI at /docs, JSON at /docs-json. */
export function serveApiDocument(app: INestApplication): void {
  const base = new DocumentBuilder()
    .setTitle('Atelier')
    .setVersion('0.1.0')
    .setDescription(
      'Pictures made with AI for the teams of one company: one address, one key, one bill. ' +
        'Native routes stand under /api/v1; any OpenAI client works with the base URL /v1.',
    )
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'API key or access token' })
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'api_key')
    .build();
  base.tags = TAGS.map(([name, description]) => ({ name, description }));
  const document = SwaggerModule.createDocument(app, base);
  addErrorShapes(document);
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'Atelier API',
    swaggerOptions: {
      deepLinking: true,
      displayRequestDuration: true,
      // A page that is loaded again need not be told the key again; it stays in this browser.
      persistAuthorization: true,
    },
  });
}

function addErrorShapes(document: OpenAPIObject): void {
  document.components ??= {};
  document.components.schemas = {
    ...document.components.schemas,
    ProblemDetails: PROBLEM as never,
    OpenAiError: OPENAI_ERROR as never,
  };
  for (const [path, item] of Object.entries(document.paths)) {
    for (const operation of Object.values(item) as Operation[]) addResponses(path, operation);
  }
}

function addResponses(path: string, operation: Operation): void {
  const isOpenai = path.startsWith('/v1/');
  const isFacade = DETAIL_PATHS.includes(path);
  const shape = isOpenai ? 'OpenAiError' : isFacade ? 'TryOnErrorResponse' : 'ProblemDetails';
  const reference = `#/components/schemas/${shape}`;
  const mediaType = isOpenai || isFacade ? 'application/json' : 'application/problem+json';
  const content = { [mediaType]: { schema: { $ref: reference } } };
  const isPublic = !operation.security?.length;
  const errors = operation.requestBody ? { ...COMMON_ERRORS, ...BODY_ERRORS } : COMMON_ERRORS;
  for (const [status, description] of Object.entries(errors)) {
    if (isPublic && (status === '401' || status === '403')) continue;
    operation.responses[status] ??= { description, content };
  }
  if (operation.parameters?.some((one) => 'name' in one && one.name === 'Idempotency-Key')) {
    operation.responses['409'] ??= { description: STILL_RUNS, content };
    operation.responses['422'] ??= { description: KEY_REUSED, content };
  }
  for (const [status, response] of Object.entries(operation.responses)) {
    if (Number(status) >= 400 && response && !('$ref' in response)) response.content ??= content;
  }
}
