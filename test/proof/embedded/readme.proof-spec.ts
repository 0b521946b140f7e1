/** Proves that what the README shows to copy works as it stands there: every command, in order, on a fresh installation. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_EMAIL, ADMIN_PASSWORD, API_KEY } from '../../setup/application.js';
import { createInstallation, type Installation } from '../../setup/installation.js';
import { ServiceProcess } from '../../setup/service-process.js';

const ROOT = join(import.meta.dirname, '../../..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const OUTPUT_MAX_MS = 50_000;

let installation: Installation;
let service: ServiceProcess;
let folder: string;
let receiverPort: number;
let receiver: ChildProcess | null = null;

beforeAll(async () => {
  receiverPort = await findFreePort();
  installation = await createInstallation('embedded');
  folder = join(installation.database.dataDir, 'reader');
  mkdirSync(join(folder, 'docs'), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const receiverPage = readFileSync(join(ROOT, 'docs/webhooks.md'), 'utf8');
  writeFileSync(join(folder, 'docs/webhooks.md'), receiverPage);
  service = await ServiceProcess.start({
    ...installation.settings,
    BOOTSTRAP_ADMIN_EMAIL: ADMIN_EMAIL,
    OUTBOUND_ALLOW: `127.0.0.1:${receiverPort}`,
  });
});
afterAll(async () => {
  // The whole group: what was begun with & is in it.
  if (receiver?.pid && receiver.exitCode === null) process.kill(-receiver.pid, 'SIGTERM');
  await service?.stop();
  rmSync(join(folder, 'node_modules'), { force: true });
  await installation?.drop();
});

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/** The code blocks of a section, with this installation's address and secrets in place of the examples. */
function readBlocks(section: string, language: string): string[] {
  const start = README.indexOf(`## ${section}\n`);
  expect(start, `README has a section ${section}`).toBeGreaterThan(0);
  const text = README.slice(start, README.indexOf('\n## ', start + 1));
  const blocks = text.matchAll(new RegExp(`^(\`{3,4})${language}\\n([^]*?)^\\1$`, 'gm'));
  return [...blocks].map(([, , block = '']) =>
    block
      .replaceAll('http://127.0.0.1:3000', service.baseUrl)
      .replaceAll('127.0.0.1:4000', `127.0.0.1:${receiverPort}`)
      .replace('KEY=atl_...', `KEY=${API_KEY}`)
      .replace('EMAIL=operator@example.com', `EMAIL=${ADMIN_EMAIL}`)
      .replace('PASSWORD=...', `PASSWORD='${ADMIN_PASSWORD}'`),
  );
}

interface Run {
  code: number | null;
  output: string;
}

function start(command: string, script: string): { child: ChildProcess; run: Promise<Run> } {
  const child = spawn(command, [script], {
    cwd: folder,
    detached: true,
    env: { PATH: process.env.PATH, KEY: API_KEY, PORT: String(receiverPort) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const run = once(child, 'exit').then(([code]) => ({ code: code as number | null, output }));
  return { child, run };
}

/** One shell for all blocks of a section, that gives up at the first command that fails. */
async function runSection(section: string): Promise<Run> {
  const script = ['set -euo pipefail', ...readBlocks(section, 'sh')].join('\n');
  writeFileSync(join(folder, 'section.sh'), script);
  return start('bash', 'section.sh').run;
}

const readJson = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));

describe('the README', () => {
  it('makes a picture, fetches it and tells what it cost', async () => {
    const { code, output } = await runSection('A picture in three curls');
    expect({ code, output }).toMatchObject({ code: 0 });
    const [said = ''] = /"available_micros":4999000[^`]*/.exec(README) ?? [];
    expect(said).toContain('spent_micros');
    expect(output).toContain(said);
    const bytes = readFileSync(join(folder, 'lighthouse.png'));
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
  });

  it('makes a batch', async () => {
    const { code, output } = await runSection('A batch');
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(JSON.parse(output.slice(output.indexOf('{')))).toMatchObject({ total: 2, succeeded: 2 });
  });

  it('makes a try-on', async () => {
    const { code, output } = await runSection('A try-on in one curl');
    expect({ code, output }).toMatchObject({ code: 0 });
    const answer = JSON.parse(output.slice(output.indexOf('{')));
    expect(answer).toMatchObject({ status: 'success' });
    expect((await fetch(answer.image_url)).status).toBe(200);
  });

  it('speaks to the service with OpenAI’s client', async () => {
    const [script = ''] = readBlocks("With OpenAI's own client", 'js');
    writeFileSync(join(folder, 'example.mjs'), script);
    const { code, output } = await start(process.execPath, 'example.mjs').run;
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toContain(`${service.baseUrl}/api/v1/image-generations/`);
  });

  it('receives a webhook whose signature is right', async () => {
    const script = ['set -euo pipefail', ...readBlocks('A webhook in copy-paste form', 'sh')];
    writeFileSync(join(folder, 'webhook.sh'), [...script, 'wait'].join('\n'));
    const { child } = start('bash', 'webhook.sh');
    receiver = child;
    let heard = '';
    const hear = (text: string) => {
      heard += text;
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    await expect.poll(() => heard, { timeout: OUTPUT_MAX_MS }).toContain('generation.succeeded');
    const picture = readJson('picture.json');
    expect(picture.status).toBe('succeeded');
    expect(heard).toContain(picture.id);
  });
});
