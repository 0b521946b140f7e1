import { Module, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { GenerationsModule } from '../generations/generations.module.js';
import { InferenceModule } from '../inference/inference.module.js';
import { ModerationModule } from '../moderation/moderation.module.js';
import { WorkRegistry } from '../persistence/work-registry.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { RbacModule } from '../rbac/rbac.module.js';
import { SpacesModule } from '../spaces/spaces.module.js';
import { SqlOptimizationsReader } from './adapters/sql-optimizations.reader.js';
import { SqlPromptTemplatesReader } from './adapters/sql-prompt-templates.reader.js';
import { SqlSpacePrompts } from './adapters/sql-space-prompts.js';
import { TypeormOptimizationsRepository } from './adapters/typeorm-optimizations.repository.js';
import { TypeormPromptTemplatesRepository } from './adapters/typeorm-prompt-templates.repository.js';
import {
  OptimizationsReader,
  OptimizationsRepository,
  SpacePrompts,
} from './domain/optimizations.repository.port.js';
import {
  PromptTemplatesReader,
  PromptTemplatesRepository,
} from './domain/prompt-templates.repository.port.js';
import { PromptTemplatesController } from './http/prompt-templates.controller.js';
import { PromptsController } from './http/prompts.controller.js';
import { OptimizerHealthService } from './optimizer-health.service.js';
import { OptimizerNotesService } from './optimizer-notes.service.js';
import { PromptOptimizerService } from './prompt-optimizer.service.js';
import { PromptTemplatesService } from './prompt-templates.service.js';
import { SpacePromptPreparer } from './space-prompt.preparer.js';
import { SpacePromptsRemover } from './space-prompts.remover.js';
import { ValidatePromptService } from './validate-prompt.service.js';

/** Prompts before they are sent: how long they may be, who shortens them, and templates of them. */
@Module({
  imports: [
    GenerationsModule,
    InferenceModule,
    ModerationModule,
    ProvidersModule,
    RbacModule,
    SpacesModule,
  ],
  controllers: [PromptsController, PromptTemplatesController],
  providers: [
    { provide: OptimizationsReader, useClass: SqlOptimizationsReader },
    { provide: PromptTemplatesReader, useClass: SqlPromptTemplatesReader },
    { provide: SpacePrompts, useClass: SqlSpacePrompts },
    OptimizerHealthService,
    OptimizerNotesService,
    PromptOptimizerService,
    PromptTemplatesService,
    SpacePromptPreparer,
    SpacePromptsRemover,
    ValidatePromptService,
  ],
})
export class PromptsModule implements OnModuleInit {
  constructor(private readonly registry: WorkRegistry) {}

  onModuleInit(): void {
    this.registry.register({
      port: PromptTemplatesRepository,
      create: (manager: EntityManager) => new TypeormPromptTemplatesRepository(manager),
    });
    this.registry.register({
      port: OptimizationsRepository,
      create: (manager: EntityManager) => new TypeormOptimizationsRepository(manager),
    });
  }
}
