import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { FirstStartPrinter } from './domain/first-start-printer.port.js';
import { FirstStartService } from './first-start.service.js';

/** Does the first start once all rooms have registered their parts, before the service listens. */
@Injectable()
export class FirstStartAnnouncer implements OnApplicationBootstrap {
  constructor(
    private readonly firstStart: FirstStartService,
    private readonly printer: FirstStartPrinter,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const notice = await this.firstStart.run();
    if (notice) this.printer.print(notice);
  }
}
