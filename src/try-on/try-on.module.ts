import { Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuthModule } from '../auth/auth.module.js';
import { BillingModule } from '../billing/billing.module.js';
import { SettlementRiders } from '../billing/settlement-riders.js';
import { GenerationsModule } from '../generations/generations.module.js';
import { MediaModule } from '../media/media.module.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { SpacesModule } from '../spaces/spaces.module.js';
import { SqlConsentsReader } from './adapters/sql-consents.reader.js';
import { TypeormConsentsRepository } from './adapters/typeorm-consents.repository.js';
import { ConsentRequirement } from './consent-requirement.js';
import { ConsentsService } from './consents.service.js';
import { CreateImageService } from './create-image.service.js';
import { DeclarationsService } from './declarations.service.js';
import { ConsentsReader } from './domain/consents.reader.port.js';
import { ConsentsRepository } from './domain/consents.repository.port.js';
import { FacadeDoor } from './facade-door.js';
import { FacadeForms } from './facade-forms.js';
import { TryOnConsentsController } from './http/try-on-consents.controller.js';
import { CreateImageController } from './http/create-image.controller.js';
import { SpaceConsentsRemover } from './space-consents.remover.js';

/** People dressed in pictures: by what right they are shown, and the façade that shops speak to. */
@Module({
  imports: [AuthModule, BillingModule, GenerationsModule, MediaModule, RbacModule, SpacesModule],
  controllers: [CreateImageController, TryOnConsentsController],
  providers: [
    { provide: ConsentsReader, useClass: SqlConsentsReader },
    ConsentRequirement,
    ConsentsService,
    CreateImageService,
    DeclarationsService,
    FacadeDoor,
    FacadeForms,
    SpaceConsentsRemover,
  ],
})
export class TryOnModule implements OnModuleInit {
  constructor(
    private readonly registry: WorkRegistry,
    private readonly riders: SettlementRiders,
  ) {}

  onModuleInit(): void {
    this.registry.register({
      port: ConsentsRepository,
      create: (manager: EntityManager) => new TypeormConsentsRepository(manager),
    });
    this.riders.register({
      step: 'admit',
      stage: 'after_money',
      sqlFunction: 'try_on_consents_admit',
      keys: ['try_on_consent'],
    });
  }
}
