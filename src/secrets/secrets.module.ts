import { Module } from '@nestjs/common';
import { SecretBox } from './secret-box.js';

/** Secrets of others, sealed before they reach the database. */
@Module({ providers: [SecretBox], exports: [SecretBox] })
export class SecretsModule {}
