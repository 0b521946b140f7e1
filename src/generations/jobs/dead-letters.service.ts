import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/domain/audit-trail.port.js';
import { ApiKeysReader } from '../../auth/domain/api-keys.reader.port.js';
import { DomainError } from '../../common/domain-error.js';
import { isId, newId } from '../../common/ids.js';
import type { PageRequest } from '../../common/page.js';
import type { PhaseTimer } from '../../http/phase-timer.js';
import { MediaService } from '../../media/media.service.js';
import { UnitOfWork, type WorkScope } from '../../persistence/unit-of-work.port.js';
import { CreateGenerationService } from '../create-generation.service.js';
import type { DeadLetter } from '../domain/dead-letter.js';
import {
  DeadLettersReader,
  DeadLettersRepository,
} from '../domain/dead-letters.repository.port.js';
import type { Generation } from '../domain/generation.js';
import { GenerationsRepository } from '../domain/generations.repository.port.js';
import type { GenerationView } from '../generation-view.js';
import { toRetryAsking, toRetryRequest } from './to-retry.js';

/** What operators do about generations that the service itself spoiled. */
@Injectable()
export class DeadLettersService {
  constructor(
    private readonly reader: DeadLettersReader,
    private readonly generations: GenerationsRepository,
    private readonly creations: CreateGenerationService,
    private readonly media: MediaService,
    private readonly apiKeys: ApiKeysReader,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Newest first, one more than the limit when there are more. @param searchSpaceId null = of all spaces */
  list(searchSpaceId: string | null, page: PageRequest): Promise<DeadLetter[]> {
    return this.reader.list(searchSpaceId, page);
  }

  /**
   * Queues it again as a new generation, on a new hold of the same space; then the letter is gone.
   * @param isConfirmed whether it may be paid twice
   * @throws DomainError `request.not_found`; `generations.confirm_required`; `request.conflict` while another retry is
   * under way; what refuses the new generation, and then the letter stays
   */
  async retry(
    writtenId: string,
    isConfirmed: boolean,
    phases: PhaseTimer,
  ): Promise<GenerationView> {
    const letter = await this.get(writtenId);
    if (letter.mayHaveBeenSent && !isConfirmed) throw confirmRequired();
    const retryId = await this.unitOfWork.run((scope) =>
      scope.get(DeadLettersRepository).take(letter.id, newId()),
    );
    if (retryId === null) throw alreadyRetried();
    const view = await this.create(letter, retryId, phases);
    await this.unitOfWork.run(async (scope) => {
      await scope.get(DeadLettersRepository).remove(letter.id);
      await record(scope, 'dead_letter.retried', letter, { generation_id: retryId });
    });
    return view;
  }

  /** @throws DomainError `request.not_found` */
  async dismiss(writtenId: string): Promise<void> {
    const letter = await this.get(writtenId);
    await this.unitOfWork.run(async (scope) => {
      if (!(await scope.get(DeadLettersRepository).remove(letter.id))) throw notFound();
      await record(scope, 'dead_letter.dismissed', letter, null);
    });
  }

  private async get(id: string): Promise<DeadLetter> {
    const letter = isId(id) ? await this.reader.find(id) : null;
    if (!letter) throw notFound();
    return letter;
  }

  private async create(
    letter: DeadLetter,
    retryId: string,
    phases: PhaseTimer,
  ): Promise<GenerationView> {
    try {
      const generation = await this.generations.find(letter.generationId);
      if (!generation) throw notFound();
      const [inputs, masks] = await Promise.all([
        this.media.findAssets([generation.id], 'input'),
        this.media.findAssets([generation.id], 'mask'),
      ]);
      const request = toRetryRequest(generation, [...inputs, ...masks], retryId);
      const preference = { waitS: 0, applied: null };
      const asking = toRetryAsking(generation, await this.listAllowed(generation));
      return (await this.creations.create(request, asking, { preference, phases })).view;
    } catch (error) {
      await this.unitOfWork.run((scope) =>
        scope.get(DeadLettersRepository).giveBack(letter.id, retryId),
      );
      throw error;
    }
  }

  /** A retry asks for no more than its key may ask for by now. */
  private async listAllowed({ apiKeyId }: Generation): Promise<readonly string[]> {
    if (apiKeyId === null) return [];
    const key = await this.apiKeys.findById(apiKeyId);
    if (!key) throw keyGone();
    return key.allowedModels;
  }
}

async function record(
  scope: WorkScope,
  action: string,
  letter: DeadLetter,
  after: Record<string, unknown> | null,
): Promise<void> {
  await scope.get(AuditTrail).record({
    action,
    target: { type: 'dead_letter', id: letter.id },
    searchSpaceId: letter.searchSpaceId,
    before: {
      generation_id: letter.generationId,
      error_code: letter.errorCode,
      may_have_reached_vendor: letter.mayHaveBeenSent,
    },
    after,
  });
}

function notFound(): DomainError {
  return DomainError.notFound('dead letter');
}

function confirmRequired(): DomainError {
  return new DomainError(
    'generations.confirm_required',
    'A provider may have had this generation already, and may want to be paid for it. Look at its reconciliation item ' +
      'first; to send it again nevertheless, repeat this with confirm_may_pay_twice: true.',
    { details: { field: 'confirm_may_pay_twice' } },
  );
}

function keyGone(): DomainError {
  return new DomainError(
    'request.conflict',
    'The API key that asked for this generation is gone, and with it what it may ask for. Dismiss the letter; its ' +
      'maker can send the request again.',
  );
}

function alreadyRetried(): DomainError {
  return new DomainError(
    'request.conflict',
    'This generation is being retried already. List the dead letters again in a moment.',
  );
}
