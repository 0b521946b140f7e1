import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, type Options, verify } from '@node-rs/argon2';
import { DomainError } from '../../common/domain-error.js';
import { newOpaqueToken } from '../domain/opaque-token.js';
import { PasswordHasher } from '../domain/password-hasher.port.js';

/** OWASP Password Storage Cheat Sheet, Argon2id (read 2026-11): 19 MiB, two passes, one lane. */
const ARGON2: Options = {
  algorithm: 2, // Argon2id; the package's const enum does not survive compiling file by file
  memoryCost: 19_456, // KiB
  timeCost: 2, // passes
  parallelism: 1, // lanes
};
/** Of the four threads of the pool that files and DNS share. */
const RUNNING_MAX = 2;
const WAITING_MAX = 128;
const RETRY_AFTER_S = 2;

/** Argon2id by native code on the thread pool, two at a time, the rest in a bounded line. */
@Injectable()
export class Argon2PasswordHasher extends PasswordHasher implements OnModuleInit {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private decoyHash: string | null = null;

  /** Makes the hash that unknown addresses are checked against, so that the first of them is not slower. */
  async onModuleInit(): Promise<void> {
    this.decoyHash = await this.hash(newOpaqueToken());
  }

  hash(password: string): Promise<string> {
    return this.bounded(() => hash(password, ARGON2));
  }

  async verify(passwordHash: string | null, password: string): Promise<boolean> {
    this.decoyHash ??= await this.hash(newOpaqueToken());
    const against = passwordHash ?? this.decoyHash;
    const isSame = await this.bounded(() => verify(against, password));
    return isSame && passwordHash !== null;
  }

  private async bounded<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= RUNNING_MAX) await this.waitForTurn();
    else this.running += 1;
    try {
      return await work();
    } finally {
      // The turn passes on to whoever waits longest; only without one does the count go down.
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }

  private waitForTurn(): Promise<void> {
    if (this.waiting.length >= WAITING_MAX) {
      throw new DomainError('request.busy', 'Too many logins at once. Try again in a moment.', {
        retryAfterS: RETRY_AFTER_S,
      });
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
