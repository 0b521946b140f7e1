import { lookup } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';
import { HostResolver } from './host-resolver.port.js';

/** Resolves as the operating system does, its hosts file included. */
@Injectable()
export class SystemHostResolver extends HostResolver {
  async resolve(hostname: string): Promise<string[]> {
    const answers = await lookup(hostname, { all: true });
    return answers.map((answer) => answer.address);
  }
}
