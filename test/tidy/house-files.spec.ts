/** Holds the sets of files to their promises: vendor folders whole, names that tell, generated pages fresh. */
import { describe, expect, it } from 'vitest';
import { renderConfiguration, renderEnvExample, renderErrors } from '../../scripts/docs-pages.mjs';
import { ERROR_CODES } from '../../src/common/error-code.js';
import { SETTINGS } from '../../src/config/env.schema.js';
import { ERROR_FACES } from '../../src/http/error-map.js';
import { findExportedNames } from './code-facts.js';
import { isSpec, listCode, listFiles } from './source-files.js';

/** What a vendor folder holds, by the part of the name that tells the role. */
const VENDOR_ROLES: Readonly<Record<string, RegExp>> = {
  'provider (flow)': /\.provider\.ts$/,
  'api (what the vendor answers)': /-api\.ts$/,
  'options (what the caller may set)': /-options\.ts$/,
  'convert-to (ours to theirs)': /^convert-to-/,
  'map result (theirs to ours)': /^map-.*-result\.ts$/,
  'map error': /^map-.*-error\.ts$/,
};

/** Paints in the process: there is no wire, so nothing to convert, to parse or to map errors from. */
const EMBEDDED_ROLES: Readonly<Record<string, RegExp>> = {
  'provider (flow)': /\.provider\.ts$/,
  'options (what the caller may set)': /-options\.ts$/,
  'render (the picture)': /^render-.*\.ts$/,
};

/** Roles whose file exports a class of the same name. A port or strategy may leave its role out. */
const CLASS_ROLES =
  /\.(module|controller|service|guard|interceptor|filter|middleware|repository|reader|writer|processor|provider|factory|entity|port|strategy)\.ts$/;

const GENERATED: readonly [path: string, text: string][] = [
  ['docs/configuration.md', renderConfiguration(SETTINGS)],
  ['.env.example', renderEnvExample(SETTINGS)],
  ['docs/errors.md', renderErrors(ERROR_CODES, ERROR_FACES)],
];

const product = listCode(['src']).filter((file) => !isSpec(file));

function textOf(path: string): string {
  return listFiles([path], /./)[0]?.text ?? '';
}

/** Responses are translated for every vendor's chat alike; that folder speaks to nobody. */
const isVendor = (folder: string): boolean => folder !== 'responses';

describe('vendor folders', () => {
  it('hold every role, so that a reader finds each part by its name', () => {
    const files = product.map(({ path }) => path);
    const vendors = files.flatMap(
      (path) => /^src\/providers\/([^/]+)\/[^/]+\.provider\.ts$/.exec(path)?.[1] ?? [],
    );
    const missing = vendors.filter(isVendor).flatMap((vendor) => {
      const names = files
        .filter((path) => path.startsWith(`src/providers/${vendor}/`))
        .map((path) => path.slice(path.lastIndexOf('/') + 1));
      const roles = vendor === 'embedded' ? EMBEDDED_ROLES : VENDOR_ROLES;
      return Object.entries(roles)
        .filter(([, pattern]) => !names.some((name) => pattern.test(name)))
        .map(([role]) => `src/providers/${vendor}: ${role}`);
    });
    expect(missing).toEqual([]);
  });
});

describe('shapes of the wire', () => {
  it('have a name each: the API page shows one of those that share it for both', () => {
    const shapes = product.flatMap(({ text }) =>
      [...text.matchAll(/^(?:export )?class (\w+(?:Dto|Response))\b/gm)].map(([, name]) => name),
    );
    expect(shapes.length).toBeGreaterThan(100);
    expect(shapes.filter((name, at) => shapes.indexOf(name) !== at)).toEqual([]);
  });
});

describe('file names', () => {
  it('are kebab-case with their role', () => {
    // What a thread loads is JavaScript, so that it is the same file for the sources and for the build.
    const odd = product.filter(
      ({ path }) =>
        !/^src\/([a-z0-9-]+\/)*[a-z0-9-]+(\.[a-z0-9-]+)*(\.ts|\.worker\.mjs)$/.test(path),
    );
    expect(odd.map(({ path }) => path)).toEqual([]);
  });

  it('tell the class that the file exports', () => {
    const odd = product
      .filter(({ path }) => CLASS_ROLES.test(path))
      .filter((file) => {
        const name = file.path.slice(file.path.lastIndexOf('/') + 1, -'.ts'.length);
        const whole = name.replaceAll(/[.-]/g, '');
        const bare = name.replace(/\.(port|strategy)$/, '').replaceAll(/[.-]/g, '');
        const exported = findExportedNames(file).map((word) => word.toLowerCase());
        return !exported.includes(whole) && !exported.includes(bare);
      });
    expect(odd.map(({ path }) => path)).toEqual([]);
  });
});

describe('generated pages', () => {
  it.each(GENERATED)('%s is as `npm run docs:generate` writes it', (path, text) => {
    expect(textOf(path)).toBe(text);
  });

  it('name every error code and every setting', () => {
    const unnamed = [
      ...ERROR_CODES.filter((code) => !textOf('docs/errors.md').includes(`\`${code}\``)),
      ...SETTINGS.filter(({ name }) => !textOf('docs/configuration.md').includes(`\`${name}\``)),
      ...SETTINGS.filter(({ name }) => !textOf('.env.example').includes(`#${name}=`)),
    ];
    expect(unnamed).toEqual([]);
  });
});
