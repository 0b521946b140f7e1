import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import type { FastifyReply } from 'fastify';

/** Sends rows as a CSV file while they are read. */
export function sendTable(
  reply: FastifyReply,
  name: string,
  columns: readonly string[],
  rows: Iterable<object> | AsyncIterable<object>,
): void {
  const source = Readable.from(rows);
  const table = stringify({
    header: true,
    columns: [...columns],
    // A cell that begins like a formula is one for a spreadsheet, whoever wrote it.
    escape_formulas: true,
    cast: { boolean: String },
  });
  source.once('error', (error) => table.destroy(error));
  table.once('close', () => source.destroy());
  void reply
    .header('Content-Type', 'text/csv; charset=utf-8; header=present')
    .header('Content-Disposition', `attachment; filename="${name}.csv"`)
    .header('Cache-Control', 'no-store')
    .header('X-Content-Type-Options', 'nosniff')
    .send(source.pipe(table));
}
