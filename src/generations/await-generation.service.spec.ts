// Proves that many waiters for one generation of another process cost one question at a time.
import { describe, expect, it } from 'vitest';
import type { AppConfig } from '../config/app-config.js';
import { AwaitGenerationService } from './await-generation.service.js';
import type { GenerationsRepository } from './domain/generations.repository.port.js';
import type { GenerationView } from './generation-view.js';
import type { LocalRuns } from './local-runs.js';
import type { ViewGenerationsService } from './view-generations.service.js';

const CONFIG = { generations: { syncWaitS: 5 } } as AppConfig;
const WAITERS = 50;

function create(answers: string[]) {
  let questions = 0;
  const repository = {
    async find() {
      const status = answers[Math.min(questions, answers.length - 1)];
      questions += 1;
      return { status };
    },
  } as unknown as GenerationsRepository;
  const views = {
    async get(id: string) {
      return { generation: { id } } as GenerationView;
    },
  } as ViewGenerationsService;
  const runs = { find: () => null } as unknown as LocalRuns;
  const service = new AwaitGenerationService(CONFIG, repository, views, runs);
  return { service, countQuestions: () => questions };
}

describe('AwaitGenerationService', () => {
  it('asks once for all who wait', async () => {
    const { service, countQuestions } = create(['running', 'succeeded']);
    const waits = Array.from({ length: WAITERS }, () => service.waitFor('a', 5));
    const views = await Promise.all(waits);
    expect(views).toHaveLength(WAITERS);
    expect(countQuestions()).toBe(2);
  });

  it('answers what there is when the time of a waiter is over', async () => {
    const { service } = create(['running']);
    const startedAt = performance.now();
    expect((await service.waitFor('a', 0.1)).generation.id).toBe('a');
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it('begins anew for a generation that nobody waits for any more', async () => {
    const { service, countQuestions } = create(['succeeded']);
    await service.waitFor('a', 1);
    await service.waitFor('a', 1);
    expect(countQuestions()).toBe(2);
  });
});
