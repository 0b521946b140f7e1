/** Holds the code to the measures and habits of CONTRIBUTING.md; every rule names its offenders. */
import { describe, expect, it } from 'vitest';
import {
  type Fact,
  findAny,
  findDeclaredNames,
  findDefaultExports,
  findEnvironmentReads,
  findRouteMarks,
  isBarrel,
  measureConstructors,
  measureControllers,
  measureFunctions,
  measureRouteMarks,
  measureServices,
} from './code-facts.js';
import { isSpec, listCode, listFiles, findPlaces, type SourceFile } from './source-files.js';

const FILE_LINES_MAX = 300;
const TEST_FILE_LINES_MAX = 400;
const FILE_LINES_MEDIAN_MAX = 120;
const FUNCTION_LINES_MAX = 70;
const CONSTRUCTOR_PARAMETERS_MAX = 6;
const SERVICE_METHODS_MAX = 12;
const CONTROLLER_STATEMENTS_MAX = 5;
const FOLDERS_BELOW_ROOM_MAX = 2;

const ABBREVIATIONS = new Set(['req', 'res', 'err', 'cfg', 'e', 'ctx']);

/** Spelled so that this file does not break the rules it states. */
const REMINDER = /\b(T[O]DO|F[I]XME|X[X]X|H[A]CK)\b(?!\s*\(?#\d)/g;
const MACHINE_FOLDERS = ['work', 'root', 'farm'].join('|');

const source = listCode(['src']);
const product = source.filter((file) => !isSpec(file));
const tests = [...source.filter(isSpec), ...listCode(['test'])];
const scripts = listCode(['scripts', 'bench']);
const everything = listFiles([
  'src',
  'test',
  'scripts',
  'bench',
  'docs',
  '.ci',
  'README.md',
  'CONTRIBUTING.md',
  'Dockerfile',
  'docker-compose.yml',
  'package.json',
  'ormconfig.ts',
  'vitest.config.ts',
  '.env.example',
]);

function over(max: number, facts: readonly Fact[]): string[] {
  return facts
    .filter(({ count }) => count > max)
    .map(({ place, name, count }) => `${place} ${name}: ${count}`);
}

function longerThan(max: number, files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path, lines }) => lines > max && !/\/(migrations|fixtures)\//.test(path))
    .map(({ path, lines }) => `${path}: ${lines}`);
}

describe('house rules', () => {
  it('looks at the whole house', () => {
    expect(product.length).toBeGreaterThan(20);
    expect(tests.length).toBeGreaterThan(3);
  });

  describe('sizes', () => {
    it('keeps every file short enough to be read at one sitting', () => {
      expect(longerThan(FILE_LINES_MAX, [...product, ...scripts])).toEqual([]);
      expect(longerThan(TEST_FILE_LINES_MAX, tests)).toEqual([]);
    });

    it('keeps the median file of src small', () => {
      const lines = product.map((file) => file.lines).toSorted((a, b) => a - b);
      expect(lines[Math.floor(lines.length / 2)]).toBeLessThanOrEqual(FILE_LINES_MEDIAN_MAX);
    });

    it('keeps every function within a page', () => {
      const files = [...product, ...scripts].filter(({ path }) => !path.includes('/migrations/'));
      expect(over(FUNCTION_LINES_MAX, files.flatMap(measureFunctions))).toEqual([]);
    });

    it('gives a constructor a handful of dependencies: one more means a second class', () => {
      const facts = product.flatMap(measureConstructors);
      expect(over(CONSTRUCTOR_PARAMETERS_MAX, facts)).toEqual([]);
    });

    it('gives a service a dozen public methods: one more means a second service', () => {
      expect(over(SERVICE_METHODS_MAX, product.flatMap(measureServices))).toEqual([]);
    });

    it('keeps controllers thin: permission, one call, the view', () => {
      const facts = product.flatMap(measureControllers);
      expect(over(CONTROLLER_STATEMENTS_MAX, facts)).toEqual([]);
    });

    it('keeps rooms shallow', () => {
      const deep = source.filter(({ path }) => path.split('/').length - 3 > FOLDERS_BELOW_ROOM_MAX);
      expect(deep.map(({ path }) => path)).toEqual([]);
    });
  });

  describe('environment', () => {
    it('reads process.env only in src/config', () => {
      const others = source.filter(({ path }) => !path.startsWith('src/config/'));
      expect(others.flatMap(findEnvironmentReads)).toEqual([]);
    });

    it('never asks in which environment it runs, nor whether it is under test', () => {
      const names = /\b(NODE_ENV|VITEST|VITEST_\w+|JEST_WORKER_ID|import\.meta\.vitest)\b/g;
      expect(product.flatMap((file) => findPlaces(file, names))).toEqual([]);
    });

    it('reads the services of the tests only in test/setup', () => {
      const others = tests.filter(
        ({ path }) => !path.startsWith('test/setup/') && !path.startsWith('test/tidy/'),
      );
      const names = /\bTEST_(DATABASE|REDIS)_URL\b/g;
      expect([...product, ...others].flatMap((file) => findPlaces(file, names))).toEqual([]);
    });

    it('names no folder of a machine', () => {
      const folders = new RegExp(`(?<![\\w.-])/(${MACHINE_FOLDERS})/`, 'g');
      expect(everything.flatMap((file) => findPlaces(file, folders))).toEqual([]);
    });
  });

  describe('language', () => {
    it('has no default exports', () => {
      expect([...source, ...tests].flatMap(findDefaultExports)).toEqual([]);
    });

    it('has no barrel files but the list of migrations', () => {
      const barrels = source.filter(isBarrel).map(({ path }) => path);
      expect(barrels.filter((path) => !path.endsWith('/migrations/index.ts'))).toEqual([]);
    });

    it('has no any and no switched-off types', () => {
      const switchedOff = new RegExp(`@ts-(${['ignore', 'nocheck'].join('|')})\\b`, 'g');
      const files = [...source, ...tests];
      expect(files.flatMap(findAny)).toEqual([]);
      expect(files.flatMap((file) => findPlaces(file, switchedOff))).toEqual([]);
    });

    it('writes names out', () => {
      const short = source
        .flatMap(findDeclaredNames)
        .filter(({ name }) => ABBREVIATIONS.has(name))
        .map(({ place, name }) => `${place} ${name}`);
      expect(short).toEqual([]);
    });

    it('leaves no reminder without the number of its issue', () => {
      expect(everything.flatMap((file) => findPlaces(file, REMINDER))).toEqual([]);
    });
  });

  describe('routes', () => {
    it('carries exactly one mark on every route', () => {
      const marks = new Set(product.flatMap(findRouteMarks));
      expect([...marks]).toContain('Requires');
      const facts = product.flatMap((file) => measureRouteMarks(file, marks));
      const wrong = facts.filter(({ count }) => count !== 1);
      expect(wrong.map(({ place, name, count }) => `${place} ${name}: ${count}`)).toEqual([]);
    });
  });

  describe('tests', () => {
    it('skips nothing and leaves nothing for later', () => {
      const words = ['skip', 'skipIf', 'runIf', 'only', 'todo', 'fails'].join('|');
      const marks = new RegExp(`\\b(it|test|describe)(\\.\\w+)*\\.(${words})\\b`, 'g');
      expect(tests.flatMap((file) => findPlaces(file, marks))).toEqual([]);
    });

    it('opens every test file with a line on what it proves', () => {
      const silent = tests.filter((file) => isSpec(file) && !/^\/[/*]/.test(file.text));
      expect(silent.map(({ path }) => path)).toEqual([]);
    });
  });
});
