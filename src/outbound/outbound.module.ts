import { Module } from '@nestjs/common';
import { GuardedFetcher } from './guarded-fetcher.js';
import { GuardedPoster } from './guarded-poster.js';
import { HostResolver } from './host-resolver.port.js';
import { OutboundFetcher } from './outbound-fetcher.port.js';
import { OutboundPoster } from './outbound-poster.port.js';
import { OutboundGuard } from './outbound-guard.js';
import { SystemHostResolver } from './system-host-resolver.js';

@Module({
  providers: [
    OutboundGuard,
    { provide: HostResolver, useClass: SystemHostResolver },
    { provide: OutboundFetcher, useClass: GuardedFetcher },
    { provide: OutboundPoster, useClass: GuardedPoster },
  ],
  exports: [OutboundFetcher, OutboundGuard, OutboundPoster],
})
export class OutboundModule {}
