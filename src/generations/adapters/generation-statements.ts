/**
 * The first queued row that nobody is just taking, by priority and age, of the space with the fewest running generations
 * that has one. Spaces that have their share of this owner's runs come after all others, and priorities count nothing
 * between spaces. What has passed its deadline is left to whoever ends it. A space is passed over only when all of its rows are being taken: a claim that went away with nothing while rows wait
 * would have used up the wake-up of one. Spaces are found by leaps over the index, however much each has waiting.
 */
export const CLAIM_NEXT = `
WITH RECURSIVE waiting AS (
  (SELECT search_space_id FROM generations WHERE status = 'queued' ORDER BY search_space_id LIMIT 1)
  UNION ALL
  SELECT (SELECT g.search_space_id FROM generations g
    WHERE g.status = 'queued' AND g.search_space_id > w.search_space_id
    ORDER BY g.search_space_id LIMIT 1)
  FROM waiting w WHERE w.search_space_id IS NOT NULL
), running AS (
  SELECT search_space_id, count(*) AS count, count(*) FILTER (WHERE lease_owner = $1) AS here
  FROM generations WHERE status = 'running' GROUP BY 1
), turns AS (
  SELECT w.search_space_id FROM waiting w LEFT JOIN running r USING (search_space_id)
  WHERE w.search_space_id IS NOT NULL
  ORDER BY coalesce(r.here, 0) >= $3, coalesce(r.count, 0), (SELECT q.id FROM generations q
    WHERE q.status = 'queued' AND q.search_space_id = w.search_space_id ORDER BY q.id LIMIT 1)
), next AS (
  SELECT g.id FROM turns t CROSS JOIN LATERAL (
    SELECT q.id FROM generations q
    WHERE q.status = 'queued' AND q.search_space_id = t.search_space_id
      AND (q.deadline_at IS NULL OR q.deadline_at > now())
    ORDER BY q.priority, q.id LIMIT 1 FOR UPDATE SKIP LOCKED) g
  LIMIT 1
), claimed AS (
  UPDATE generations g SET status = 'running', lease_owner = $1,
    lease_until = now() + make_interval(secs => $2)
  FROM next WHERE g.id = next.id RETURNING g.id
)
UPDATE generation_attempts a SET state = 'sent', sent_at = now()
FROM claimed WHERE a.generation_id = claimed.id AND a.state = 'planned'
RETURNING a.generation_id`;

export const TAKE_OVER = `
UPDATE generations SET lease_owner = $2, lease_until = now() + make_interval(secs => $3)
WHERE id = $1 AND status = 'running' AND lease_until < now() RETURNING id`;

export const LAPSE_FOREIGN = `
UPDATE generations SET lease_until = now() - interval '1 millisecond'
WHERE status = 'running' AND lease_owner <> $1 AND lease_until > now()`;

export const LIST_LAPSED = `
SELECT id FROM generations WHERE status = 'running' AND lease_until < now()
ORDER BY lease_until LIMIT $1`;

export const LIST_QUEUED = `
SELECT id FROM generations
WHERE status = 'queued' AND created_at < now() - make_interval(secs => $1)
ORDER BY id LIMIT $2`;

export const LIST_OVERDUE = `
SELECT id FROM generations WHERE status = 'queued' AND deadline_at <= now()
ORDER BY deadline_at LIMIT $1`;

export const RENEW_LEASES = `
UPDATE generations SET lease_until = now() + make_interval(secs => $2)
WHERE id = ANY($3::uuid[]) AND status = 'running' AND lease_owner = $1
RETURNING id, cancel_requested_at IS NOT NULL AS cancel`;

export const RELEASE = `
WITH freed AS (
  UPDATE generations SET status = 'queued', lease_owner = NULL, lease_until = NULL
  WHERE id = $1 AND lease_owner = $2 AND status = 'running' AND cancel_requested_at IS NULL
  RETURNING id
)
UPDATE generation_attempts a SET state = 'planned', sent_at = NULL
FROM freed WHERE a.generation_id = freed.id AND a.state = 'sent' RETURNING a.generation_id AS id`;

export const SEIZE = `
UPDATE generations SET status = 'running', lease_owner = $2,
  lease_until = now() + make_interval(secs => $3)
WHERE id = $1 AND status = 'queued' RETURNING id`;

/** A vendor that takes one job after the other names one more each time. */
export const KEEP_REFERENCE = `
UPDATE generation_attempts SET vendor_reference = $2::jsonb
WHERE id = $1 AND state = 'sent' RETURNING id`;

/**
 * Ends the attempt that failed and writes the one that follows, which is sent from then on. May be repeated. Nothing
 * happens when the run is not the owner's any more.
 */
export const BEGIN_NEXT = `
WITH run AS (
  UPDATE generations SET provider = $3, model = $4, connection = $5, size = $6, options = $7::jsonb,
    quote = $8::jsonb
  WHERE id = $1 AND lease_owner = $2 AND status = 'running' RETURNING id
), ended AS (
  UPDATE generation_attempts a SET state = 'failed', error_code = $10, error_message = $11,
    vendor_request_id = $12, finished_at = now()
  FROM run WHERE a.id = $9 AND a.generation_id = run.id AND a.state = 'sent'
)
INSERT INTO generation_attempts (id, generation_id, ordinal, provider, model, connection, state, sent_at)
SELECT $13, run.id, $14, $3, $4, $5, 'sent', now() FROM run
ON CONFLICT (id) DO UPDATE SET state = generation_attempts.state RETURNING id`;

export const REQUEST_CANCEL = `
UPDATE generations SET cancel_requested_at = coalesce(cancel_requested_at, now())
WHERE id = $1 AND status = 'running' RETURNING id`;

export const MARK_DELIVERED = `
UPDATE generations SET delivered_at = now() WHERE id = ANY($1::uuid[]) AND delivered_at IS NULL`;

/** A hold outlives its time only while a live generation stands behind it. */
export const LIST_ABANDONED_HOLDS = `
SELECT h.id FROM holds h LEFT JOIN generations g ON g.hold_id = h.id
WHERE h.state = 'held' AND h.expires_at < now()
  AND (g.id IS NULL OR g.status NOT IN ('queued', 'running'))
ORDER BY h.expires_at LIMIT $1`;

export const PURGE_EXPIRED_KEYS = `
DELETE FROM idempotency_keys WHERE (caller_id, route, key) IN (
  SELECT caller_id, route, key FROM idempotency_keys WHERE expires_at <= now() LIMIT $1)
RETURNING generation_id`;
