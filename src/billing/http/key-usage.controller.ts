import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { Requires, RequiresSession } from '../../http/requires.decorator.js';
import { KeyUsageService } from '../key-usage.service.js';
import { KeyUsageResponse, toKeyUsageResponse } from './key-usage.dto.js';

@ApiTags('api-keys')
@Controller('api/v1/api-keys')
export class KeyUsageController {
  constructor(private readonly usage: KeyUsageService) {}

  @Get('current/usage')
  @Requires()
  @ApiOperation({
    summary: 'What the key that asks has used, and what it has left',
    description: 'Needs no scope. Answers with an empty wallet too.',
  })
  @ApiOkResponse({ type: KeyUsageResponse })
  async getCurrent(@CurrentCaller() caller: Caller): Promise<KeyUsageResponse> {
    return toKeyUsageResponse(await this.usage.getCurrent(caller));
  }

  @Get(':id/usage')
  @RequiresSession()
  @ApiOperation({ summary: 'What an API key has used, and what it has left' })
  @ApiOkResponse({ type: KeyUsageResponse })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<KeyUsageResponse> {
    return toKeyUsageResponse(await this.usage.get(caller, id));
  }
}
