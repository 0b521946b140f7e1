/** Proves that the import rules bite: a small house in a temporary folder breaks each of them once. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cruiseSources } from '../../scripts/import-graph.mjs';

const PROJECT = resolve(import.meta.dirname, '../..');

/** [rule, file, what it imports]; the first import of each file is what the rule refuses. */
const BREACHES: readonly [rule: string, file: string, imported: string][] = [
  ['stairs-auth', 'src/auth/up.ts', '../billing/billing.service.js'],
  ['stairs-http', 'src/http/sideways.ts', '../queue/queue.js'],
  ['stairs-common', 'src/common/app.ts', '../main.js'],
  ['known-rooms', 'src/attic/dust.ts', './more-dust.js'],
  ['domain-is-pure', 'src/billing/domain/a.ts', '../billing.service.js'],
  ['domain-is-pure', 'src/billing/domain/b.ts', '@nestjs/common'],
  ['domain-is-pure', 'src/billing/domain/c.ts', 'node:fs'],
  ['domain-is-pure', 'src/billing/domain/d.ts', '../../spaces/domain/space.js'],
  ['adapters-behind-modules', 'src/billing/other.service.ts', './adapters/row.entity.js'],
  ['adapters-of-this-room', 'src/media/media.module.ts', '../auth/adapters/user.entity.js'],
  ['adapters-look-inward', 'src/billing/adapters/reaches-up.ts', '../billing.service.js'],
  ['http-of-this-room', 'src/media/http/media.dto.ts', '../../auth/http/auth.dto.js'],
  ['http-is-outermost', 'src/auth/auth.service.ts', './http/auth.dto.js'],
  ['vendors-behind-providers', 'src/media/media.service.ts', '../providers/openai/openai.js'],
  ['vendors-apart', 'src/providers/gemini/gemini.ts', '../openai/openai.js'],
  ['typeorm-in-its-place', 'src/billing/sql.service.ts', 'typeorm'],
  ['drivers-in-their-place', 'src/billing/adapters/raw.ts', 'pg'],
  ['bull-in-its-place', 'src/generations/jobs.ts', 'bull'],
  ['no-cycles', 'src/spaces/round.ts', './about.js'],
  ['product-knows-no-test', 'src/media/fake.ts', '../../test/fake.js'],
  ['resolvable', 'src/media/nowhere.ts', './not-there.js'],
  ['declared-packages', 'src/media/dev.ts', 'vitest'],
];

/** What a house may do, and what the breaches point at. */
const SOUND: Readonly<Record<string, string>> = {
  'src/main.ts': "import './billing/billing.module.js';",
  'src/attic/more-dust.ts': '',
  'src/queue/queue.ts': '',
  'src/spaces/about.ts': "import './round.js';",
  'src/spaces/domain/space.ts': "import '../../common/word.js';",
  'src/common/word.ts': '',
  'src/auth/http/auth.dto.ts': "import '../../http/word.js';",
  'src/http/word.ts': '',
  'src/auth/adapters/user.entity.ts': "import 'typeorm';",
  'src/providers/openai/openai.ts': "import '../spec/strategy.js';",
  'src/providers/spec/strategy.ts': '',
  'src/providers/providers.module.ts': "import './openai/openai.js';",
  'src/billing/billing.module.ts': "import './adapters/row.entity.js'; import 'typeorm';",
  'src/billing/billing.service.ts': "import '../spaces/domain/space.js'; import './domain/e.js';",
  'src/billing/billing.service.spec.ts': "import '../../test/fake.js';",
  'src/billing/domain/e.ts': "import 'node:crypto';",
  'src/billing/adapters/row.entity.ts': "import '../domain/e.js'; import '../money.port.js';",
  'src/billing/money.port.ts': '',
  'test/fake.ts': '',
};

let house: string;

function write(path: string, text: string): void {
  const file = join(house, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${text}\nexport {};\n`);
}

beforeEach(() => {
  house = mkdtempSync(join(tmpdir(), 'atelier-graph-'));
  symlinkSync(join(PROJECT, 'node_modules'), join(house, 'node_modules'));
  symlinkSync(join(PROJECT, 'package.json'), join(house, 'package.json'));
  for (const [path, text] of Object.entries(SOUND)) write(path, text);
});

afterEach(() => rmSync(house, { recursive: true }));

describe('import graph', () => {
  it('refuses each breach by the rule that is meant for it', async () => {
    for (const [, file, imported] of BREACHES) write(file, `import '${imported}';`);
    const { violations } = await cruiseSources(house);
    const missed = BREACHES.filter(
      ([rule, file]) =>
        !violations.some((found) => found.rule === rule && found.text.includes(file)),
    );
    expect(missed).toEqual([]);
  });

  it('refuses a type-only import that goes up the stairs', async () => {
    write('src/auth/up.ts', "import type { Bill } from '../billing/billing.service.js';");
    const { violations } = await cruiseSources(house);
    expect(violations.map(({ rule }) => rule)).toContain('stairs-auth');
  });

  it('lets the sound parts of the house pass', async () => {
    const { violations, edges } = await cruiseSources(house);
    const texts = violations.filter(({ text }) => !/attic|round/.test(text));
    expect(texts).toEqual([]);
    expect(edges).toBeGreaterThan(Object.keys(SOUND).length / 2);
  });
});
