/** Looks for pictures where none may be: long runs of base64 in the database and in the log. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** Longer than any hash, token or sealed secret of ours in one run of letters; far shorter than a picture. */
const RUN_CHARS = 400;
/** Postgres counts repetitions to 255 at most. */
const RUN_IN_SQL = '[A-Za-z0-9+/_-]{200}'.repeat(RUN_CHARS / 200);
const RUN = new RegExp(`[A-Za-z0-9+/_-]{${RUN_CHARS},}`);

const TEXT_COLUMNS = `
  SELECT c.table_name AS "table", c.column_name AS "column"
    FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
   WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
     AND c.data_type IN ('text', 'character varying', 'character', 'json', 'jsonb', 'bytea', 'ARRAY')
   ORDER BY 1, 2`;

/**
 * @param {(text: string) => Promise<object[]>} query asks the database, past row level security
 * @returns {Promise<{ columnsCount: number, valuesCount: number, found: string[] }>} how much was looked at, and
 *   `table.column: rows` of what holds such runs
 */
export async function findInDatabase(query) {
  const columns = await query(TEXT_COLUMNS);
  const found = [];
  let valuesCount = 0;
  for (const { table, column } of columns) {
    const text = `"${column}"::text`;
    const [{ values, hits }] = await query(
      `SELECT count(${text})::int AS values,
              count(*) FILTER (WHERE length(${text}) >= ${RUN_CHARS} AND ${text} ~ '${RUN_IN_SQL}')::int AS hits
         FROM "${table}"`,
    );
    valuesCount += values;
    if (hits > 0) found.push(`${table}.${column}: ${hits}`);
  }
  return { columnsCount: columns.length, valuesCount, found };
}

/** @returns {Promise<{ linesCount: number, found: string[] }>} beginnings of the lines that hold such runs */
export async function findInLog(file) {
  const found = [];
  let linesCount = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    linesCount += 1;
    if (RUN.test(line)) found.push(line.slice(0, 80));
  }
  return { linesCount, found };
}
