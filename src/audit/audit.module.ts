import { Global, Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { WorkRegistry } from '../persistence/work-registry.js';
import { TypeormAuditTrail } from './adapters/typeorm-audit-trail.js';
import { AuditTrail } from './domain/audit-trail.port.js';

/** Who changed what, written in the transaction of the change. */
@Global()
@Module({})
export class AuditModule implements OnModuleInit {
  constructor(private readonly registry: WorkRegistry) {}

  onModuleInit(): void {
    this.registry.register({
      port: AuditTrail,
      create: (manager: EntityManager) => new TypeormAuditTrail(manager),
    });
  }
}
