/** Fails on every import that goes against the stairs, and when the cruiser followed nothing. */
import { listSources } from './build-stamp.mjs';
import { cruiseSources } from './import-graph.mjs';
import { fail } from './project.mjs';

const { files, edges, violations } = await cruiseSources();
const sources = listSources().filter((path) => path.endsWith('.ts'));

// Without typescript the cruiser sees no .ts file and is content; without .js → .ts it sees no edge.
if (files < sources.length || edges < sources.length / 2) {
  fail(`Of ${sources.length} files only ${files} were read and ${edges} imports followed.`);
}
for (const { text } of violations) console.error(`  ${text}`);
if (violations.length > 0) fail(`${violations.length} imports go against the house.`);
console.log(`${files} files, ${edges} imports between them: all as the house wants it.`);
