import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../../config/app-config.js';
import { OutboundFetcher } from '../../outbound/outbound-fetcher.port.js';
import { BreachedPasswords } from '../domain/breached-passwords.port.js';

const PREFIX_LENGTH = 5;
const TIMEOUT_MS = 2_000;
/** A padded answer has at most a thousand lines of some forty characters. */
const ANSWER_BYTES_MAX = 262_144;

/**
 * Asks by k-anonymity: only five hex digits of the SHA-1 leave the process, and the answer lists the rest of every
 * known hash that begins with them, `REST:COUNT` a line; count 0 is padding
 * (haveibeenpwned.com/API/v3#PwnedPasswords, read 2026-11).
 */
@Injectable()
export class RangeBreachedPasswords extends BreachedPasswords {
  private readonly logger = new Logger('BreachedPasswords');
  private readonly url: string | null;

  constructor(
    private readonly fetcher: OutboundFetcher,
    config: AppConfig,
  ) {
    super();
    this.url = config.auth.breachedPasswordsUrl?.replace(/\/+$/, '') ?? null;
  }

  async has(password: string): Promise<boolean> {
    if (this.url === null) return false;
    const digest = createHash('sha1').update(password, 'utf8').digest('hex').toUpperCase();
    try {
      const answer = await this.ask(`${this.url}/${digest.slice(0, PREFIX_LENGTH)}`);
      return isListed(answer, digest.slice(PREFIX_LENGTH));
    } catch (error) {
      this.logger.warn(
        `a password was not compared with BREACHED_PASSWORDS_URL: ${(error as Error).message}`,
      );
      return false;
    }
  }

  private async ask(url: string): Promise<string> {
    const response = await this.fetcher.fetch(url, {
      maxBytes: ANSWER_BYTES_MAX,
      timeoutMs: TIMEOUT_MS,
      accept: 'text/plain',
      withPadding: true,
    });
    if (response.status !== 200) {
      response.discard();
      throw new RangeAnswerError(`it answered ${response.status}`);
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    return Buffer.concat(chunks).toString('latin1');
  }
}

class RangeAnswerError extends Error {
  override readonly name = 'RangeAnswerError';
}

function isListed(answer: string, rest: string): boolean {
  return answer.split('\n').some((line) => {
    const [suffix, count] = line.trim().split(':', 2);
    return suffix?.toUpperCase() === rest && Number(count) > 0;
  });
}
