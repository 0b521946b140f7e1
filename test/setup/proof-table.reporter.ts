/** Prints, after all tests, what the long proofs counted: one table for each of them. */
import type { Reporter, TestModule } from 'vitest/node';

/** What one round of a proof counted. */
export type ProofRow = Record<string, string | number>;

declare module 'vitest' {
  interface TaskMeta {
    proof?: { name: string; row: ProofRow };
  }
}

export class ProofTableReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tables = new Map<string, ProofRow[]>();
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { proof } = test.meta();
        if (proof) tables.set(proof.name, [...(tables.get(proof.name) ?? []), proof.row]);
      }
    }
    for (const [name, rows] of tables) process.stdout.write(`${toTable(name, rows)}\n`);
  }
}

/** Counts by HTTP status, under names that keep their place among the others. */
export function toColumns(statuses: Readonly<Record<number, number>>): ProofRow {
  return Object.fromEntries(
    Object.entries(statuses).map(([status, count]) => [`http_${status}`, count]),
  );
}

/** Numbers to the right, words to the left, under their names. */
function toTable(name: string, rows: readonly ProofRow[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))];
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((line) => (line[index] ?? '').length)),
  );
  const texts = lines.map((line, number) =>
    line
      .map((cell, index) => {
        const isNumber = number > 0 && typeof rows[number - 1]?.[columns[index] ?? ''] === 'number';
        return isNumber ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0);
      })
      .join('  ')
      .trimEnd(),
  );
  return `\n${name}\n${texts.map((text) => `  ${text}`).join('\n')}`;
}
