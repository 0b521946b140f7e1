import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

const FOLDER_MODE = 0o700;
const ENGINE = createRequire(import.meta.url).resolve('@electric-sql/pglite');
const MAKER = `
  const { workerData } = require('node:worker_threads');
  const { PGlite } = require(workerData.engine);
  PGlite.create({ dataDir: workerData.folder }).then((engine) => engine.close());
`;

/**
 * Makes the folder of a new embedded database; one that has anything in it is left as it is. It is made beside its
 * place and moved there whole, so that a start that is killed half-way leaves nothing that looks like a database.
 *
 * In a thread of its own: an engine that has made a database holds some 500 MB that only its end gives back.
 */
export async function createCluster(folder: string): Promise<void> {
  if (existsSync(folder) && readdirSync(folder).length > 0) return;
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: FOLDER_MODE });
  await make(draft);
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
}

function make(folder: string): Promise<void> {
  const maker = new Worker(MAKER, { eval: true, workerData: { engine: ENGINE, folder } });
  return new Promise((resolve, reject) => {
    maker.once('error', reject);
    maker.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the embedded database could not be made (${code})`));
    });
  });
}
