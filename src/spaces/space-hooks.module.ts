import { Module } from '@nestjs/common';
import { SpaceHooks } from './space-hooks.js';

/** The hooks alone, for rooms that need nothing else of this one. */
@Module({ providers: [SpaceHooks], exports: [SpaceHooks] })
export class SpaceHooksModule {}
