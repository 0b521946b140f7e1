import { Global, Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { WorkRegistry } from '../persistence/work-registry.js';
import { SqlAuditEventsReader } from './adapters/sql-audit-events.reader.js';
import { TypeormAuditTrail } from './adapters/typeorm-audit-trail.js';
import { AuditEventsService } from './audit-events.service.js';
import { AuditEventsReader } from './domain/audit-events.reader.port.js';
import { AuditTrail } from './domain/audit-trail.port.js';
import { AuditEventsController } from './http/audit-events.controller.js';
import { SpaceAuditEventsController } from './http/space-audit-events.controller.js';

/** Who changed what, written in the transaction of the change. Global: every room writes to it. */
@Global()
@Module({
  controllers: [AuditEventsController, SpaceAuditEventsController],
  providers: [{ provide: AuditEventsReader, useClass: SqlAuditEventsReader }, AuditEventsService],
})
export class AuditModule implements OnModuleInit {
  constructor(private readonly registry: WorkRegistry) {}

  onModuleInit(): void {
    this.registry.register({
      port: AuditTrail,
      create: (manager: EntityManager) => new TypeormAuditTrail(manager),
    });
  }
}
