/** Scans of the store and their repairs, through the routes of operators, waited for to their end. */
import { StorageScanKeeper } from '../../src/retention/storage-scan.keeper.js';
import type { Answer, TestApplication } from './application.js';
import { must, operatorOf } from './people.js';

export const SCANS = '/api/v1/ops/storage/scans';

export interface EndedScan {
  scan: Answer['body'];
  /** By key: what was found there, and what became of it. */
  findings: Map<string, { kind: string; outcome: string | null }>;
}

export async function scanStore(atelier: TestApplication): Promise<EndedScan> {
  const begun = await must(atelier, 202, 'POST', SCANS, {}, operatorOf(atelier));
  return waitFor(atelier, begun.id);
}

export async function repairStore(atelier: TestApplication, id: string): Promise<EndedScan> {
  await must(atelier, 202, 'POST', `${SCANS}/${id}/repair`, undefined, operatorOf(atelier));
  return waitFor(atelier, id);
}

async function waitFor(atelier: TestApplication, id: string): Promise<EndedScan> {
  const read = (path: string) => must(atelier, 200, 'GET', path, undefined, operatorOf(atelier));
  for (;;) {
    await atelier.app.get(StorageScanKeeper).keep();
    const scan = await read(`${SCANS}/${id}`);
    if (scan.finished_at === null) continue;
    const { data } = await read(`${SCANS}/${id}/findings?limit=100`);
    const findings = data.map((one: Answer['body']) => [
      one.key,
      { kind: one.kind, outcome: one.outcome },
    ]);
    return { scan, findings: new Map(findings) };
  }
}
