/** A million generations of several spaces over two years, made by SQL: statuses, models and prompts as they come. */

const PART_ROWS = 20_000;
const DAYS = 730;
const MS_PER_DAY = 86_400_000;
const MS_PER_S = 1_000;
const SEGMENT_ROWS = 4_096;
const WORDS = 20_000;
const PHRASES = 20_000;
const PHRASE_WORDS = 25;
const TAGGED_TAGS = 40;
/** As many as a user may have, of a million rows. */
const FAVOURITES = 5_000;
const MARKED_OF = 200;

const ID = `
  CREATE FUNCTION bench_id(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT (lpad(kind::text, 8, '0') || '00007000' || '8' || lpad(n::text, 15, '0'))::uuid $$`;

/** Few words are frequent and most are rare, as in any language. */
const PHRASE_TABLE = `
  CREATE TABLE bench_phrases AS
    SELECT p AS n, string_agg(translate(substr(md5('w' || word), 1, 4 + word % 6), '0123456789', 'ghijklmnop'), ' ') AS text
      FROM (SELECT p, (${WORDS} * power(random(), 3))::int AS word
              FROM generate_series(0, ${PHRASES - 1}) p, generate_series(1, ${PHRASE_WORDS})) words
     GROUP BY p`;

/** From one to four phrases, each by a look into the index. */
function toPhrases() {
  const numbers = Array.from({ length: 4 }, (_, k) => k);
  const find = (k) =>
    `(SELECT p.text FROM bench_phrases p WHERE p.n = abs(hashint8(row.n * 31 + ${k})::bigint) % ${PHRASES})`;
  return numbers
    .map((k) => (k < 1 ? find(k) : `CASE WHEN row.n % 4 > ${k - 1} THEN ${find(k)} END`))
    .join(', ');
}

/** $1, $2: the first and the last row; $3: the first moment, $4: all the time, in ms; $5: all rows. */
const MAKE_ROWS = `
  INSERT INTO generations (id, search_space_id, status, operation, prompt, sent_prompt, model, provider, connection, size,
    n, options, quote, metadata, cost_micros, timings_ms, created_by, api_key_id, caller_id, route, fingerprint, hold_id,
    collection_id, created_at, finished_at)
  SELECT id, bench_id(1, space), status, CASE WHEN mix % 10 = 0 THEN 'edit' ELSE 'generate' END,
         prompt, prompt, CASE WHEN age < 0.25 AND mix % 3 = 0 THEN 'model-retired' ELSE 'model-' || model END,
         'vendor-' || model % 4, 'env:vendor-' || model % 4, '1024x1024', 1,
         '{"widthPx": 1024, "heightPx": 1024, "providerOptions": {}, "hasInputs": false}',
         '{"holdMicros": 40000, "unitMicros": 40000, "priceVersionId": "bench"}', '{"ticket": "ART-42"}',
         CASE WHEN status IN ('succeeded', 'partially_succeeded') THEN 1000 * (1 + mix % 200) ELSE 0 END,
         '{"upstream": 4210.5, "media": 31.2}',
         bench_id(2, space * 1000 + (300 * power((mix % 997) / 997.0, 2))::int),
         CASE WHEN mix % 2 = 0 THEN bench_id(3, space * 100 + mix % 20) END, bench_id(2, 1), 'POST /api/v1/image-generations',
         md5(n::text), bench_id(4, n), CASE WHEN mix % 10 = 3 THEN bench_id(5, space * 100 + mix % 50) END,
         to_timestamp(at_ms / 1000.0),
         CASE WHEN status NOT IN ('queued', 'running') THEN to_timestamp(at_ms / 1000.0 + 8) END
    FROM (SELECT *, (lpad(to_hex(at_ms), 12, '0') || '7' || substr(mark, 1, 3) || '8' || substr(mark, 4, 15))::uuid AS id,
                 CASE WHEN n > $5::bigint - 20 THEN 'running' WHEN n > $5::bigint - 120 THEN 'queued'
                      WHEN mix % 100 < 5 THEN 'failed' WHEN mix % 100 < 8 THEN 'canceled'
                      WHEN mix % 100 < 10 THEN 'partially_succeeded' ELSE 'succeeded' END AS status,
                 (12 * power((mix / 7 % 1009) / 1009.0, 2))::int AS model,
                 concat_ws(' ', CASE WHEN mix % 2 = 0 THEN 'a portrait of' ELSE 'a view of' END,
                   CASE WHEN mix / 3 % 100 = 3 THEN 'lighthouse' END, CASE WHEN mix / 5 % 10 = 1 THEN 'saxophone' END,
                   CASE WHEN n % ($5::bigint / 20) = 17 THEN 'heliotrope' END, phrases) AS prompt
            FROM (SELECT n, md5(n::text) AS mark, ('x' || substr(md5(n::text), 20, 7))::bit(28)::int AS mix,
                         n::float8 / $5::bigint AS age, $3::bigint + n * $4::bigint / $5::bigint AS at_ms,
                         CASE WHEN (n * 7919) % 1000 < 800 THEN 0 ELSE
                           width_bucket((n * 7919) % 1000, ARRAY[800, 920, 960, 980, 990, 996, 999]) END AS space,
                         concat_ws(' ', ${toPhrases()}) AS phrases
                    FROM generate_series($1::bigint, $2::bigint) AS row (n)) mixed) made`;

const OTHERS = [
  `INSERT INTO generation_tags (generation_id, search_space_id, tag)
    SELECT id, search_space_id, 'campaign-' || (hashtext(id::text) / 64 & 31)
      FROM generations WHERE hashtext(id::text) % ${TAGGED_TAGS} = 0`,
  `INSERT INTO generation_tags (generation_id, search_space_id, tag)
    SELECT id, search_space_id, 'approved' FROM generations WHERE hashtext(id::text) % 5 = 0`,
  `INSERT INTO generation_favourites (user_id, generation_id, search_space_id)
    SELECT bench_id(2, 1), id, search_space_id FROM generations
     WHERE abs(hashtext(id::text)) % ${MARKED_OF} = 7 LIMIT ${FAVOURITES}`,
  `INSERT INTO media_assets (id, search_space_id, generation_id, role, index, sha256, format, width_px, height_px,
      size_bytes, created_at)
    SELECT gen_random_uuid(), search_space_id, id, 'output', 0, repeat('0', 64), 'png', 1024, 1024, 1000000, created_at
      FROM generations WHERE status IN ('succeeded', 'partially_succeeded')`,
];

const HISTORY = `
  INSERT INTO generation_history (id, search_space_id, created_at)
  SELECT id, search_space_id, created_at FROM generations ORDER BY id`;

/** $1: how many rows a segment holds. Several are written at once, as no worker does, so they are made beforehand. */
const LIST_SEGMENTS = `
  SELECT search_space_id AS space, array_agg(id ORDER BY id) AS ids
    FROM (SELECT id, search_space_id, row_number() OVER (PARTITION BY search_space_id ORDER BY id) AS nth
            FROM generations WHERE status NOT IN ('queued', 'running')) numbered
   GROUP BY search_space_id, (nth - 1) / $1::int`;

const FILL_SEGMENT = `
  WITH made AS (
    INSERT INTO generation_segments (search_space_id, first_id, last_id, is_open)
    VALUES ($1, ($2::uuid[])[1], ($2::uuid[])[1], false) RETURNING segment)
  SELECT segment FROM made`;

/**
 * Triggers and foreign keys rest meanwhile. Answers how many rows a second the product's function takes into the index.
 * @param {import('pg').Client[]} clients connections of a superuser, which share the work
 */
export async function makeHistory(clients, rows) {
  const [client] = clients;
  await client.query(ID);
  await client.query(PHRASE_TABLE);
  await client.query('CREATE UNIQUE INDEX ON bench_phrases (n)');
  await client.query('ANALYZE bench_phrases');
  for (const each of clients) {
    await each.query(
      "SET session_replication_role = replica; SET synchronous_commit = off; SET work_mem = '64MB'",
    );
  }
  const allMs = DAYS * MS_PER_DAY;
  const firstMs = Date.now() - allMs;
  const parts = Array.from({ length: Math.ceil(rows / PART_ROWS) }, (_, part) => part * PART_ROWS);
  await share(clients, parts, (each, from) =>
    each.query(MAKE_ROWS, [from + 1, Math.min(from + PART_ROWS, rows), firstMs, allMs, rows]),
  );
  for (const statement of OTHERS) await client.query(statement);
  await client.query(HISTORY);
  await client.query('ANALYZE');
  const beganMs = performance.now();
  const { rows: segments } = await client.query(LIST_SEGMENTS, [SEGMENT_ROWS]);
  await share(clients, segments, async (each, { space, ids }) => {
    const {
      rows: [{ segment }],
    } = await each.query(FILL_SEGMENT, [space, ids]);
    await each.query('SELECT generation_segment_fill($1, $2::uuid[])', [segment, ids]);
  });
  const tookMs = performance.now() - beganMs;
  for (const each of clients) await each.query('RESET session_replication_role');
  return Math.round((rows * MS_PER_S) / tookMs);
}

async function share(clients, items, work) {
  const left = [...items];
  const takeAll = async (client) => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(client, item);
  };
  await Promise.all(clients.map(takeAll));
}
