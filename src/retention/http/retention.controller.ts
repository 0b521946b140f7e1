import { Body, Controller, Delete, Get, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import { CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires, RequiresSession } from '../../http/requires.decorator.js';
import { RetentionPoliciesService } from '../retention-policies.service.js';
import {
  RetentionResponse,
  SetRetentionDto,
  toRetentionPolicy,
  toRetentionResponse,
} from './retention.dto.js';

@ApiTags('retention')
@ApiParam({ name: 'spaceId', type: String })
@Controller('api/v1/search-spaces/:spaceId/retention')
export class RetentionController {
  constructor(private readonly policies: RetentionPoliciesService) {}

  @Get()
  @Requires('settings:view', { space: 'path' })
  @ApiOperation({ summary: 'How long a space keeps its pictures' })
  @ApiOkResponse({ type: RetentionResponse })
  async get(@CurrentContext() { spaceId }: RequestContext): Promise<RetentionResponse> {
    assert(spaceId, 'retention was asked for in no space');
    return toRetentionResponse(spaceId, await this.policies.get(spaceId));
  }

  @Put()
  @RequiresSession('settings:update', { space: 'path' })
  @ApiOperation({
    summary: 'Choose how long a space keeps its pictures',
    description:
      'The whole policy: what is left out is kept for ever. What is past its time goes within the hour, with its ' +
      'links; what was paid stays in the books. Legal holds come before it.',
  })
  @ApiOkResponse({ type: RetentionResponse })
  async set(
    @CurrentContext() { spaceId }: RequestContext,
    @Body() body: SetRetentionDto,
  ): Promise<RetentionResponse> {
    assert(spaceId, 'retention was chosen in no space');
    const view = await this.policies.set(spaceId, toRetentionPolicy(body));
    return toRetentionResponse(spaceId, view);
  }

  @Delete()
  @RequiresSession('settings:update', { space: 'path' })
  @ApiOperation({ summary: 'Go back to the policy of the house' })
  @ApiOkResponse({ type: RetentionResponse })
  async reset(@CurrentContext() { spaceId }: RequestContext): Promise<RetentionResponse> {
    assert(spaceId, 'retention was given back in no space');
    return toRetentionResponse(spaceId, await this.policies.set(spaceId, null));
  }
}
