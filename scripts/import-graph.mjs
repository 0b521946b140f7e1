/** Cruises the imports below `root`/src by the rules of .dependency-cruiser.cjs. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { ROOT } from './project.mjs';

const { forbidden, options } = createRequire(import.meta.url)('../.dependency-cruiser.cjs');

/**
 * @returns {Promise<{ files: number, edges: number, violations: { rule: string, text: string }[] }>}
 * `edges` counts imports from one product file to another: zero would mean that nothing was followed.
 */
export async function cruiseSources(root = ROOT) {
  const { output } = await cruise(
    ['src'],
    { ...options, ruleSet: { forbidden, options }, validate: true, baseDir: root },
    {},
    { tsConfig: extractTSConfig(join(ROOT, 'tsconfig.json')) },
  );
  const ours = output.modules.filter(({ source }) => source.startsWith('src/'));
  const edges = ours.flatMap(({ dependencies }) =>
    dependencies.filter(({ resolved }) => resolved.startsWith('src/')),
  );
  const violations = output.summary.violations.map((violation) => ({
    rule: violation.rule.name,
    text: describe(violation),
  }));
  return { files: ours.length, edges: edges.length, violations };
}

function describe({ rule, from, to, cycle }) {
  const path = cycle ? cycle.map(({ name }) => name).join(' → ') : to;
  const { comment } = forbidden.find(({ name }) => name === rule.name);
  return `${from} → ${path}\n    ${rule.name}: ${comment}`;
}
