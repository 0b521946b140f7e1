import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MediaUses } from '../media/media-uses.js';
import { isConcluded } from './domain/generation.js';
import { GenerationsRepository } from './domain/generations.repository.port.js';

/** Pictures of a generation stay for as long as it has not ended: it reads what went in, and delivers what came. */
@Injectable()
export class PicturesInUse implements OnModuleInit {
  constructor(
    private readonly uses: MediaUses,
    private readonly repository: GenerationsRepository,
  ) {}

  onModuleInit(): void {
    this.uses.register(async ({ generationId }) => {
      const generation = generationId === null ? null : await this.repository.find(generationId);
      return generation !== null && !isConcluded(generation.status);
    });
  }
}
