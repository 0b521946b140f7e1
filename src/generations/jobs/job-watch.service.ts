import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DomainError } from '../../common/domain-error.js';
import { AppConfig } from '../../config/app-config.js';
import { type GenerationStatus, isConcluded } from '../domain/generation.js';
import { JobNews, type JobNewsItem } from '../domain/job-news.port.js';
import { type QueuePlace, QueueReader } from '../domain/queue.reader.port.js';
import { JobFeed } from './job-feed.js';

/** How often the rows of all that is watched are asked, in one question. */
const LOOK_EVERY_MS = 1_000;
/** News of a changed row bring the next look forward, by so much that one look serves several. */
const LOOK_SOON_MS = 50;
/** What all previews that wait for slow readers hold at most. */
const PREVIEW_CHARS_MAX = 67_108_864;
const RETRY_AFTER_S = 5;
const MS_PER_S = 1_000;

interface Watch {
  feed: JobFeed;
  generationId: string;
  callerId: string;
  forget: () => void;
}

export interface OpenFeed {
  feed: JobFeed;
  /** Ends the watch; may be repeated. */
  end: () => void;
}

/** Who watches generations in this process. Rows tell what is so, and news bring the look at them forward. */
@Injectable()
export class JobWatchService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(JobWatchService.name);
  private readonly watches = new Set<Watch>();
  private readonly perCaller = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;
  private soon: NodeJS.Timeout | null = null;
  private isLooking = false;
  private isStopping = false;
  private previewChars = 0;

  constructor(
    private readonly config: AppConfig,
    private readonly news: JobNews,
    private readonly reader: QueueReader,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
  }

  /** Streams do not hold up a stop; their readers come again, elsewhere. */
  onModuleDestroy(): void {
    this.isStopping = true;
    if (this.timer) clearInterval(this.timer);
    if (this.soon) clearTimeout(this.soon);
    for (const { feed } of this.watches) feed.close();
  }

  /**
   * @param known the status that the reader has seen already
   * @throws DomainError `request.busy` when too many watch, `request.shutting_down`
   */
  open(generationId: string, callerId: string, known: GenerationStatus | null): OpenFeed {
    this.assertRoom(callerId);
    const feed = new JobFeed(
      { take: (chars) => this.take(chars), giveBack: (n) => this.give(n) },
      known,
    );
    const forget = this.news.listen(generationId, (item) => this.hear(feed, item));
    const watch = { feed, generationId, callerId, forget };
    this.watches.add(watch);
    this.perCaller.set(callerId, this.countOf(callerId) + 1);
    this.lookSoon();
    return { feed, end: () => this.end(watch) };
  }

  private assertRoom(callerId: string): void {
    if (this.isStopping) {
      throw new DomainError('request.shutting_down', 'The service is stopping. Try again.');
    }
    const { listenersMax, listenersPerCallerMax } = this.config.generations.jobs;
    if (this.countOf(callerId) >= listenersPerCallerMax) {
      throw busy(`You watch ${listenersPerCallerMax} generations at once already`);
    }
    if (this.watches.size >= listenersMax) throw busy('Too many generations are watched');
  }

  private end(watch: Watch): void {
    if (!this.watches.delete(watch)) return;
    watch.forget();
    watch.feed.close();
    const left = this.countOf(watch.callerId) - 1;
    if (left > 0) this.perCaller.set(watch.callerId, left);
    else this.perCaller.delete(watch.callerId);
  }

  private countOf(callerId: string): number {
    return this.perCaller.get(callerId) ?? 0;
  }

  private hear(feed: JobFeed, item: JobNewsItem): void {
    if (item.kind === 'moved') this.lookSoon();
    else if (item.kind === 'progress') {
      feed.pushProgress({ step: item.step, fraction: item.fraction });
    } else feed.pushPreview({ mediaType: item.mediaType, base64: item.base64 });
  }

  private lookSoon(): void {
    if (this.isStopping) return;
    this.soon ??= setTimeout(() => {
      this.soon = null;
      void this.look();
    }, LOOK_SOON_MS).unref();
  }

  /** One question for all; while one is not answered there is no second. */
  private async look(): Promise<void> {
    if (this.watches.size === 0) return;
    if (this.isLooking) return this.lookSoon();
    this.isLooking = true;
    const watches = [...this.watches];
    try {
      const ids = [...new Set(watches.map(({ generationId }) => generationId))];
      const places = await this.reader.list(ids);
      const byId = new Map(places.map((place) => [place.id, place]));
      for (const { feed, generationId } of watches) this.show(feed, byId.get(generationId));
    } catch (error) {
      this.logger.warn(`the rows of watched generations could not be read: ${String(error)}`);
    } finally {
      this.isLooking = false;
    }
  }

  private show(feed: JobFeed, place: QueuePlace | undefined): void {
    if (!place) return feed.finish(null);
    if (isConcluded(place.status)) return feed.finish(place.status);
    feed.pushStatus(place.status);
    const { aheadInSpace, position, runMs } = place;
    if (aheadInSpace === null || position === null) return;
    feed.pushQueue({
      position,
      aheadInSpace,
      estimatedStartS: runMs === null ? null : this.estimate(position, runMs),
    });
  }

  /** As if the runs of one process were all there are, each as long as those of late: more processes are faster. */
  private estimate(position: number, runMs: number): number {
    const rounds = Math.ceil(position / this.config.limits.runsMax);
    return Math.ceil((rounds * runMs) / MS_PER_S);
  }

  private take(chars: number): boolean {
    if (this.previewChars + chars > PREVIEW_CHARS_MAX) return false;
    this.previewChars += chars;
    return true;
  }

  private give(chars: number): void {
    this.previewChars -= chars;
  }
}

function busy(what: string): DomainError {
  return new DomainError(
    'request.busy',
    `${what}. Close a stream of events first, or ask GET /api/v1/image-generations/{id} instead.`,
    { retryAfterS: RETRY_AFTER_S },
  );
}
