import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { assert } from '../common/assert.js';
import type { PortToken } from './unit-of-work.port.js';

/** How a room makes its adapter for one transaction. */
export interface WorkRegistration<P> {
  port: PortToken<P>;
  create: (manager: EntityManager) => P;
}

/** Which adapter stands behind which port inside a unit of work. Rooms register in `onModuleInit`. */
@Injectable()
export class WorkRegistry {
  private readonly creators = new Map<PortToken<unknown>, (manager: EntityManager) => unknown>();

  register<P>({ port, create }: WorkRegistration<P>): void {
    assert(!this.creators.has(port), `${port.name} is registered twice`);
    this.creators.set(port, create);
  }

  create<P>(port: PortToken<P>, manager: EntityManager): P {
    const create = this.creators.get(port);
    assert(create, `no module registered ${port.name} with WorkRegistry`);
    return create(manager) as P;
  }
}
