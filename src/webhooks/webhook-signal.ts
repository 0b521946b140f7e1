import { Injectable } from '@nestjs/common';

/** Tells the worker of this process that something is to be sent. Others find it by themselves within a second. */
@Injectable()
export class WebhookSignal {
  private listener: () => void = () => undefined;

  onNudge(listener: () => void): void {
    this.listener = listener;
  }

  /** Cheap and never throws. */
  nudge(): void {
    this.listener();
  }
}
