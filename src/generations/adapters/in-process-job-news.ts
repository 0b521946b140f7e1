import { Logger } from '@nestjs/common';
import { JobNews, type JobNewsItem, type JobNewsListener } from '../domain/job-news.port.js';

/** News within one process. */
export class InProcessJobNews extends JobNews {
  private readonly logger = new Logger('JobNews');
  private readonly listeners = new Map<string, Set<JobNewsListener>>();

  async tell(generationId: string, news: JobNewsItem): Promise<boolean> {
    const listeners = this.listeners.get(generationId);
    if (!listeners) return false;
    for (const listener of listeners) this.hand(listener, news);
    return true;
  }

  /** Whoever runs it is here, and is told without this. */
  tellCancel(): void {}

  listen(generationId: string, listener: JobNewsListener): () => void {
    const listeners = this.listeners.get(generationId) ?? new Set<JobNewsListener>();
    listeners.add(listener);
    this.listeners.set(generationId, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.listeners.delete(generationId);
    };
  }

  onCancel(): void {}

  listIds(): string[] {
    return [...this.listeners.keys()];
  }

  has(generationId: string): boolean {
    return this.listeners.has(generationId);
  }

  private hand(listener: JobNewsListener, news: JobNewsItem): void {
    try {
      listener(news);
    } catch (error) {
      this.logger.warn(`news were not shown: ${String(error)}`);
    }
  }
}
