import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { assert } from '../../common/assert.js';
import { findSqlState, isTransactionRetryable } from '../../persistence/sql-error.js';
import { Sql } from '../../persistence/sql.port.js';
import type { SettlementStep } from '../domain/settlement-rider.js';
import { MemberFault, SettlementStore } from '../domain/settlement.store.port.js';
import type { Verdict } from '../domain/settlement.js';

/** A batch that lost a deadlock is run again this often; then its members try alone. */
const ATTEMPTS_MAX = 3;

/** Classes of errors that say nothing about the members: connection, resources, operator, system, internal. */
const STORE_FAULT_CLASSES = new Set(['08', '25', '53', '57', '58', 'XX', 'F0']);

/** Enough to tell the few statements of a step apart. */
const DIGEST_CHARACTERS = 12;

interface Statement {
  name: string;
  text: string;
}

/** One statement a batch: the functions nested, the batch as `$1`. Its text depends on the functions alone. */
@Injectable()
export class SqlSettlementStore extends SettlementStore {
  private readonly statements = new WeakMap<readonly string[], Statement>();

  constructor(private readonly sql: Sql) {
    super();
  }

  async run(
    step: SettlementStep,
    functions: readonly string[],
    members: readonly string[],
  ): Promise<Verdict[]> {
    const { name, text } = this.toStatement(step, functions);
    const values = [`[${members.join(',')}]`, members.length];
    for (let attempt = 1; ; attempt += 1) {
      try {
        const [row] = await this.sql.query<{ verdicts: Verdict[] }>(name, text, values);
        assert(row?.verdicts.length === members.length, `${step} lost a member of its batch`);
        return row.verdicts;
      } catch (error) {
        if (isTransactionRetryable(error) && attempt < ATTEMPTS_MAX) continue;
        throw isMemberFault(error) ? new MemberFault(String(error), { cause: error }) : error;
      }
    }
  }

  /** The writer hands out the same list for the same functions every time. */
  private toStatement(step: SettlementStep, functions: readonly string[]): Statement {
    const known = this.statements.get(functions);
    if (known) return known;
    const nested = functions.reduce(
      (inner, name) => `${name}($1::jsonb, ${inner})`,
      'array_fill(NULL::jsonb, ARRAY[$2::int])',
    );
    const text = `SELECT to_jsonb(${nested}) AS verdicts`;
    const digest = createHash('sha256').update(text).digest('hex').slice(0, DIGEST_CHARACTERS);
    const statement = { name: `settlement_${step}_${digest}`, text };
    this.statements.set(functions, statement);
    return statement;
  }
}

function isMemberFault(error: unknown): boolean {
  const state = findSqlState(error);
  return state !== null && !STORE_FAULT_CLASSES.has(state.slice(0, 2));
}
