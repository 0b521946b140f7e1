/** Writes docs/configuration.md, .env.example and docs/errors.md from the tables in src. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { renderConfiguration, renderEnvExample, renderErrors } from './docs-pages.mjs';
import { ROOT } from './project.mjs';

const SOURCES = ['src/config/env.schema.ts', 'src/common/error-code.ts', 'src/http/error-map.ts'];

const [{ SETTINGS }, { ERROR_CODES }, { ERROR_FACES }] = await loadSources();
const pages = {
  'docs/configuration.md': renderConfiguration(SETTINGS),
  '.env.example': renderEnvExample(SETTINGS),
  'docs/errors.md': renderErrors(ERROR_CODES, ERROR_FACES),
};
for (const [path, text] of Object.entries(pages)) {
  writeFileSync(join(ROOT, path), text);
  console.log(`wrote ${path}`);
}

/** Compiles only what the pages need, so that they can be written while other rooms do not compile. */
async function loadSources() {
  const { default: ts } = await import('typescript');
  // Inside the project, so that imports of packages resolve.
  const outDir = mkdtempSync(join(ROOT, 'dist.docs-'));
  try {
    const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) =>
      ts.sys.readFile(path),
    );
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
    const files = SOURCES.map((path) => join(ROOT, path));
    ts.createProgram(files, { ...options, rootDir: join(ROOT, 'src'), outDir }).emit();
    const modules = SOURCES.map((path) => path.replace(/^src\//, '').replace(/\.ts$/, '.js'));
    return await Promise.all(modules.map((path) => import(pathToFileURL(join(outDir, path)).href)));
  } finally {
    rmSync(outDir, { recursive: true });
  }
}
