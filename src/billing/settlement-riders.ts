import { Injectable } from '@nestjs/common';
import { assert } from '../common/assert.js';
import type { SettlementRider, SettlementStep } from './domain/settlement-rider.js';

/** Names stand in the statement's text: only what could not be anything but a name. */
const FUNCTION_NAME_FORM = /^[a-z_]{1,63}$/;

/** As many as one number has bits for. */
const RIDERS_MAX = 31;

const MONEY_FUNCTIONS: Readonly<Record<SettlementStep, readonly string[]>> = {
  admit: ['billing_hold'],
  top_up: ['billing_top_up'],
  conclude: ['billing_settle', 'billing_record_usage'],
};

/** Which functions make up the durable steps. Rooms register in `onModuleInit`; after the boot it is closed. */
@Injectable()
export class SettlementRiders {
  private readonly riders: SettlementRider[] = [];
  private readonly plans = new Map<string, readonly string[]>();
  private isClosed = false;

  register(rider: SettlementRider): void {
    const { step, sqlFunction } = rider;
    assert(!this.isClosed, `${sqlFunction} was registered after the first batch`);
    assert(FUNCTION_NAME_FORM.test(sqlFunction), `not a function name: ${sqlFunction}`);
    const known = this.riders.some((one) => one.step === step && one.sqlFunction === sqlFunction);
    assert(!known, `${sqlFunction} is registered twice for ${step}`);
    assert(this.riders.length < RIDERS_MAX, `more than ${RIDERS_MAX} riders`);
    this.riders.push(rider);
  }

  /** Who has a part in this member, a bit each; that of a batch is the union. The first call closes the registry. */
  findParts(step: SettlementStep, member: Readonly<Record<string, unknown>>): number {
    this.isClosed = true;
    let parts = 0;
    this.riders.forEach((rider, index) => {
      const hasPart = rider.keys?.some((key) => member[key] !== undefined) ?? true;
      if (rider.step === step && hasPart) parts |= 1 << index;
    });
    return parts;
  }

  /** The functions for a batch with these parts, in the order they run. The same list every time. */
  listFunctions(step: SettlementStep, parts: number): readonly string[] {
    const key = `${step} ${parts}`;
    const known = this.plans.get(key);
    if (known) return known;
    const namesOf = (stage: SettlementRider['stage']) =>
      this.riders
        .filter((rider, index) => rider.stage === stage && (parts & (1 << index)) !== 0)
        .map(({ sqlFunction }) => sqlFunction);
    const plan = [...namesOf('before_money'), ...MONEY_FUNCTIONS[step], ...namesOf('after_money')];
    this.plans.set(key, plan);
    return plan;
  }
}
