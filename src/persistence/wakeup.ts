/** Lets a loop sleep until somebody wakes it or the time is up. A wake while it is awake is not lost. */
export class Wakeup {
  private isWoken = false;
  private resume: (() => void) | null = null;

  wake(): void {
    this.isWoken = true;
    this.resume?.();
  }

  async wait(timeoutMs: number): Promise<void> {
    if (!this.isWoken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs).unref();
        this.resume = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.resume = null;
    this.isWoken = false;
  }
}
