import { Body, Controller, Get, Put, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiOkResponse,
  ApiOperation,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import { CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { RequiresSession } from '../../http/requires.decorator.js';
import { AutoReloadService } from '../auto-reload.service.js';
import {
  AutoReloadQueryDto,
  AutoReloadResponse,
  SetAutoReloadDto,
  toAutoReloadResponse,
} from './auto-reload.dto.js';

@ApiTags('billing')
@Controller('api/v1/billing/auto-reload')
export class AutoReloadController {
  constructor(private readonly rules: AutoReloadService) {}

  @Get()
  @RequiresSession('settings:update', { space: 'query' })
  @ApiOperation({ summary: 'The auto-reload of a search space' })
  @ApiOkResponse({ type: AutoReloadResponse })
  async get(
    @Query() _query: AutoReloadQueryDto,
    @CurrentContext() { spaceId }: RequestContext,
  ): Promise<AutoReloadResponse> {
    assert(spaceId, 'auto-reload was asked for in no space');
    return toAutoReloadResponse(await this.rules.findOfSpace(spaceId));
  }

  @Put()
  @RequiresSession('settings:update')
  @ApiOperation({
    summary: 'Set the auto-reload of a search space',
    description:
      'When less than the threshold is available, credit is bought with the card that was saved last, at most once in ten minutes. A refused card switches it off.',
  })
  @ApiOkResponse({ type: AutoReloadResponse })
  @ApiConflictResponse({ description: 'No card is saved' })
  @ApiServiceUnavailableResponse({ description: 'No payment provider is configured' })
  async set(
    @CurrentContext() { caller, spaceId }: RequestContext,
    @Body() body: SetAutoReloadDto,
  ): Promise<AutoReloadResponse> {
    assert(caller && spaceId, 'auto-reload was set without a caller or a space');
    const input = {
      isEnabled: body.enabled,
      thresholdMicros: body.threshold_micros,
      quantity: body.quantity,
    };
    return toAutoReloadResponse(await this.rules.set(caller, spaceId, input));
  }
}
