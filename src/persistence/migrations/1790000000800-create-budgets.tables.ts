/** Largest amount that is the same number in the database and in JavaScript: 2^53 − 1. */
const MICROS_MAX = '9007199254740991';

/**
 * A budget is no money: it counts what is held and spent under it and can only deny. The counters are those of the
 * current period, which is renewed when somebody asks after its end. `subject_id`: the nil uuid for all the house,
 * else the space, user or key; a budget with a space counts what is spent in that space alone.
 */
const BUDGETS = `
  CREATE TABLE budgets (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    scope text NOT NULL
      CHECK (scope IN ('global', 'space', 'user', 'member', 'key', 'subscription')),
    subject_id uuid NOT NULL,
    search_space_id uuid REFERENCES search_spaces (id) ON DELETE CASCADE,
    mode text NOT NULL CHECK (mode IN ('hard', 'soft')),
    period text NOT NULL CHECK (period IN ('day', 'week', 'month', 'total', '5h', '1d', '7d')),
    time_zone text NOT NULL DEFAULT 'UTC' CHECK (length(time_zone) <= 64),
    limit_micros bigint NOT NULL CHECK (limit_micros BETWEEN 0 AND ${MICROS_MAX}),
    thresholds smallint[] NOT NULL DEFAULT '{80,100}' CHECK (cardinality(thresholds) <= 10),
    rollover_percent smallint NOT NULL DEFAULT 0 CHECK (rollover_percent BETWEEN 0 AND 100),
    ends_at timestamptz,
    deleted_at timestamptz,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    period_start timestamptz NOT NULL,
    period_end timestamptz,
    carried_micros bigint NOT NULL DEFAULT 0 CHECK (carried_micros BETWEEN 0 AND ${MICROS_MAX}),
    held_micros bigint NOT NULL DEFAULT 0 CHECK (held_micros BETWEEN 0 AND ${MICROS_MAX}),
    spent_micros bigint NOT NULL DEFAULT 0 CHECK (spent_micros BETWEEN 0 AND ${MICROS_MAX}),
    notified smallint[] NOT NULL DEFAULT '{}',
    exhausted_at timestamptz,
    CONSTRAINT budgets_space_of_scope
      CHECK ((search_space_id IS NULL) = (scope IN ('global', 'user'))),
    CONSTRAINT budgets_period_end CHECK ((period_end IS NULL) = (period = 'total'))
  ) WITH (fillfactor = 20);
  CREATE INDEX budgets_by_subject ON budgets (subject_id) WHERE deleted_at IS NULL;
  CREATE INDEX budgets_by_space ON budgets (search_space_id, id) WHERE deleted_at IS NULL;
  CREATE UNIQUE INDEX budgets_one_name ON budgets
    (subject_id, coalesce(search_space_id, '00000000-0000-0000-0000-000000000000'), scope, lower(name))
    WHERE deleted_at IS NULL;
  CREATE TABLE budget_periods (
    budget_id uuid NOT NULL REFERENCES budgets (id) ON DELETE CASCADE,
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    limit_micros bigint NOT NULL,
    carried_micros bigint NOT NULL,
    held_micros bigint NOT NULL CHECK (held_micros >= 0),
    spent_micros bigint NOT NULL CHECK (spent_micros >= 0),
    PRIMARY KEY (budget_id, period_start)
  );
`;

/** Members see the caps that bind them through services that name the space; units of work see those of their spaces. */
const PROTECTION = `
  ALTER TABLE budgets ENABLE ROW LEVEL SECURITY;
  ALTER TABLE budgets FORCE ROW LEVEL SECURITY;
  CREATE POLICY own_rows ON budgets TO atelier_app
    USING (search_space_id = ANY ((SELECT atelier_search_space_ids())::uuid[]));
  CREATE POLICY all_rows ON budgets TO atelier_system USING (true);
  ALTER TABLE budget_periods ENABLE ROW LEVEL SECURITY;
  ALTER TABLE budget_periods FORCE ROW LEVEL SECURITY;
  CREATE POLICY own_rows ON budget_periods TO atelier_app
    USING (EXISTS (SELECT FROM budgets WHERE budgets.id = budget_id));
  CREATE POLICY all_rows ON budget_periods TO atelier_system USING (true);
  GRANT SELECT, INSERT, UPDATE, DELETE ON budgets, budget_periods TO atelier_app;
`;

/**
 * funding: whose money a hold is. `counted_micros`: what it counts on its budgets; the wallet's own part stays in
 * `amount_micros`. Budgets are remembered with the period in which they admitted the hold.
 */
const HOLDS = `
  ALTER TABLE holds
    ADD COLUMN funding text NOT NULL DEFAULT 'wallet'
      CHECK (funding IN ('wallet', 'subscription', 'none')),
    ADD COLUMN counted_micros bigint NOT NULL DEFAULT 0
      CHECK (counted_micros BETWEEN 0 AND ${MICROS_MAX}),
    ADD COLUMN budget_ids uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN budget_periods timestamptz[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT holds_budgets_with_periods
      CHECK (cardinality(budget_ids) = cardinality(budget_periods)),
    ADD CONSTRAINT holds_wallet_of_funding CHECK (funding = 'wallet' OR amount_micros = 0);
`;

/**
 * overdraft_micros: how far below zero a post that exceeds its hold may take the wallet. allocated_micros: how much of
 * what was spent was assigned to the wallet's grants. lots_due_at: when a grant next begins or ends.
 */
const ACCOUNTS = `
  ALTER TABLE accounts
    ADD COLUMN overdraft_micros bigint NOT NULL DEFAULT 0
      CHECK (overdraft_micros BETWEEN 0 AND ${MICROS_MAX}),
    ADD COLUMN allocated_micros bigint NOT NULL DEFAULT 0,
    ADD COLUMN lots_due_at timestamptz,
    DROP CONSTRAINT accounts_available_range,
    ADD CONSTRAINT accounts_available_range
      CHECK (available_micros BETWEEN -overdraft_micros AND ${MICROS_MAX});
`;

export const BUDGET_TABLES = [BUDGETS, PROTECTION, HOLDS, ACCOUNTS] as const;

export const BUDGET_TABLES_UNDO = [
  `ALTER TABLE accounts
    DROP CONSTRAINT accounts_available_range,
    ADD CONSTRAINT accounts_available_range CHECK (available_micros BETWEEN 0 AND ${MICROS_MAX}),
    DROP COLUMN overdraft_micros, DROP COLUMN allocated_micros, DROP COLUMN lots_due_at`,
  `ALTER TABLE holds DROP CONSTRAINT holds_wallet_of_funding,
    DROP CONSTRAINT holds_budgets_with_periods,
    DROP COLUMN funding, DROP COLUMN counted_micros, DROP COLUMN budget_ids,
    DROP COLUMN budget_periods`,
  'DROP TABLE budget_periods',
  'DROP TABLE budgets',
] as const;
