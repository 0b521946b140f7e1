/**
 * The import graph of the house: `npm run check:graph`, proven by test/tidy/import-graph.spec.ts.
 * A room may use the rooms on lower steps. Rooms on one step use each other only as listed under NEIGHBOURS.
 */

/** From the lowest step to the highest. A folder of src that is not named here is refused. */
const STEPS = [
  ['common'],
  ['config'],
  ['redis'],
  [
    'logging',
    'metrics',
    'http',
    'persistence',
    'queue',
    'throttle',
    'health',
    'outbound',
    'secrets',
  ],
  ['audit'],
  ['providers'],
  ['auth'],
  ['spaces', 'rbac'],
  ['connections'],
  ['upstream'],
  ['billing', 'routing', 'media', 'sso'],
  ['moderation', 'delegated', 'payments'],
  ['generations', 'inference'],
  ['gateway', 'prompts', 'webhooks', 'retention', 'ops', 'try-on'],
];

/** [room, the room beside it that it uses, why]. */
const NEIGHBOURS = [
  ['persistence', 'http', 'a unit of work is held to the spaces its request has proven'],
  ['health', 'metrics', 'the /metrics route stands beside the health routes'],
  ['http', 'metrics', 'each answer is counted'],
  ['http', 'logging', 'each answer is logged'],
  ['health', 'http', 'its routes carry their marks'],
  ['health', 'persistence', 'readiness asks the database'],
  ['health', 'queue', 'readiness asks the queue'],
  ['throttle', 'http', 'it reads the caller of the request and answers in its words'],
  ['spaces', 'rbac', 'a new space gets its system roles'],
];

/** Folders of src/providers that are no vendor. */
const NOT_VENDORS = 'spec|shared|probe|http|catalog';

/** npm packages that compute and touch nothing: the only ones a domain may use. */
const PURE_PACKAGES = 'canonicalize';

const SPEC = '\\.spec\\.ts$';
const MODULE = '^src/.+\\.module\\.ts$';
const ROOMS = STEPS.flat();

const stairs = STEPS.flatMap((step, height) =>
  step.map((room) => {
    const below = STEPS.slice(0, height).flat();
    const beside = NEIGHBOURS.filter(([from]) => from === room).map(([, to]) => to);
    return {
      name: `stairs-${room}`,
      comment: `${room} may use: ${[...below, ...beside].join(', ') || 'nothing'}. The exported service of a room on a lower step is the door; a port of your own turns a need around.`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${[room, ...below, ...beside].join('|')})/` },
    };
  }),
);

const fences = [
  {
    name: 'known-rooms',
    comment: 'Every folder of src is a room with its step in .dependency-cruiser.cjs.',
    severity: 'error',
    from: {},
    to: { path: '^src/[^/]+/', pathNot: `^src/(${ROOMS.join('|')})/` },
  },
  {
    name: 'domain-is-pure',
    comment: 'domain/ imports only src/common and its own domain/.',
    severity: 'error',
    from: { path: '^src/([^/]+)/domain/', pathNot: SPEC },
    to: {
      pathNot: `^src/common/|^src/$1/domain/|^(node:)?crypto$|node_modules/(${PURE_PACKAGES})/`,
    },
  },
  {
    name: 'adapters-behind-modules',
    comment: 'Only *.module.ts knows a port and its adapter together; everyone else uses the port.',
    severity: 'error',
    from: { path: '^src/([^/]+)/', pathNot: `${SPEC}|${MODULE}|^src/[^/]+/adapters/` },
    to: { path: '^src/[^/]+/adapters/' },
  },
  {
    name: 'adapters-of-this-room',
    comment: 'A module, or another adapter, reaches only the adapters of its own room.',
    severity: 'error',
    from: { path: '^src/([^/]+)/' },
    to: { path: '^src/[^/]+/adapters/', pathNot: '^src/$1/adapters/' },
  },
  {
    name: 'adapters-look-inward',
    comment:
      'An adapter knows the domain and the ports of its room, not its services nor its http/.',
    severity: 'error',
    from: { path: '^src/([^/]+)/adapters/', pathNot: SPEC },
    to: {
      path: '^src/$1/',
      pathNot: '^src/$1/(adapters|domain)/|\\.(port|strategy|errors)\\.ts$',
    },
  },
  {
    name: 'http-of-this-room',
    comment:
      "A feature's http/ belongs to that feature; the shared words of the edge are src/http.",
    severity: 'error',
    from: { path: '^src/([^/]+)/' },
    to: { path: '^src/[^/]+/http/', pathNot: '^src/$1/http/' },
  },
  {
    name: 'http-is-outermost',
    comment: 'http/ calls the service, never the other way; only the module sees both.',
    severity: 'error',
    from: { path: '^src/([^/]+)/', pathNot: `${MODULE}|^src/[^/]+/http/` },
    to: { path: '^src/$1/http/' },
  },
  {
    name: 'vendors-behind-providers',
    comment: 'Vendors are unknown outside src/providers: ask the provider factory.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/providers/' },
    to: { path: `^src/providers/(?!${NOT_VENDORS})[^/]+/` },
  },
  {
    name: 'vendors-apart',
    comment: 'A vendor folder is known to its own files, the module and the factory.',
    severity: 'error',
    from: {
      path: '^src/providers/([^/]+)',
      pathNot: `${SPEC}|^src/providers/[^/]+\\.(module|factory)\\.ts$`,
    },
    to: { path: `^src/providers/(?!${NOT_VENDORS})[^/]+/`, pathNot: '^src/providers/$1/' },
  },
  {
    name: 'typeorm-in-its-place',
    comment: 'TypeORM is unknown outside adapters/, persistence/ and *.module.ts.',
    severity: 'error',
    from: { path: '^src/', pathNot: `${SPEC}|${MODULE}|^src/[^/]+/adapters/|^src/persistence/` },
    to: { path: 'node_modules/(typeorm|@nestjs/typeorm)/' },
  },
  {
    name: 'drivers-in-their-place',
    comment: 'Database drivers are unknown outside persistence/.',
    severity: 'error',
    from: { path: '^src/', pathNot: `${SPEC}|^src/persistence/` },
    to: { path: 'node_modules/(pg|pg-[^/]+|@electric-sql/pglite|@types/pg)/' },
  },
  {
    name: 'bull-in-its-place',
    comment: 'Bull is in maintenance; only the queue room may know it.',
    severity: 'error',
    from: { path: '^src/', pathNot: `${SPEC}|^src/queue/` },
    to: { path: 'node_modules/(bull|@nestjs/bull|@nestjs/bull-shared)/' },
  },
  {
    name: 'no-cycles',
    comment: 'A cycle is two files that are one, or a missing port.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'product-knows-no-test',
    comment: 'src never imports from test, nor a *.spec.ts.',
    severity: 'error',
    from: { path: '^src/', pathNot: SPEC },
    to: { path: `^test/|${SPEC}` },
  },
  {
    name: 'resolvable',
    comment: 'The file or package does not exist.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'declared-packages',
    comment: 'A package that the product imports stands in dependencies of package.json.',
    severity: 'error',
    from: { path: '^src/', pathNot: SPEC },
    to: {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
      dependencyTypesNot: ['type-only'],
    },
  },
];

module.exports = {
  forbidden: [...stairs, ...fences],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    // Type-only imports obey the stairs too: they are knowledge.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
    skipAnalysisNotInRules: true,
  },
};
