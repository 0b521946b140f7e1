import { Injectable } from '@nestjs/common';
import { assert } from '../common/assert.js';
import type { SettlementRider, SettlementStep } from './domain/settlement-rider.js';

/** Names stand in the statement's text: only what could not be anything but a name. */
const FUNCTION_NAME_FORM = /^[a-z_]{1,63}$/;

const MONEY_FUNCTIONS: Readonly<Record<SettlementStep, readonly string[]>> = {
  admit: ['billing_hold'],
  top_up: ['billing_top_up'],
  conclude: ['billing_settle', 'billing_record_usage'],
};

/** Which functions make up the durable steps. Rooms register in `onModuleInit`; after the boot it is closed. */
@Injectable()
export class SettlementRiders {
  private readonly riders: SettlementRider[] = [];
  private isClosed = false;

  register(rider: SettlementRider): void {
    const { step, sqlFunction } = rider;
    assert(!this.isClosed, `${sqlFunction} was registered after the first batch`);
    assert(FUNCTION_NAME_FORM.test(sqlFunction), `not a function name: ${sqlFunction}`);
    const known = this.riders.some((one) => one.step === step && one.sqlFunction === sqlFunction);
    assert(!known, `${sqlFunction} is registered twice for ${step}`);
    this.riders.push(rider);
  }

  /** The functions of a step in the order they run. The first call closes the registry: the text stays the same. */
  close(step: SettlementStep): readonly string[] {
    this.isClosed = true;
    const namesOf = (stage: SettlementRider['stage']) =>
      this.riders
        .filter((rider) => rider.step === step && rider.stage === stage)
        .map(({ sqlFunction }) => sqlFunction);
    return [...namesOf('before_money'), ...MONEY_FUNCTIONS[step], ...namesOf('after_money')];
  }
}
