import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import { CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires, RequiresSession } from '../../http/requires.decorator.js';
import { ModelPreferencesService } from '../model-preferences.service.js';
import {
  ModelPreferencesDto,
  toModelPreference,
  toModelPreferencesDto,
} from './model-preferences.dto.js';

@ApiTags('search-spaces')
@Controller('api/v1/search-spaces/:spaceId/model-preferences')
export class ModelPreferencesController {
  constructor(private readonly preferences: ModelPreferencesService) {}

  @Get()
  @Requires('settings:view', { space: 'path' })
  @ApiParam({ name: 'spaceId', type: String })
  @ApiOperation({
    summary: 'Which models a space takes where a request names none',
    description: 'A choice that no longer holds is shown as null.',
  })
  @ApiOkResponse({ type: ModelPreferencesDto })
  async get(@CurrentContext() { spaceId }: RequestContext): Promise<ModelPreferencesDto> {
    assert(spaceId, 'preferences were asked for in no space');
    return toModelPreferencesDto(await this.preferences.get(spaceId));
  }

  @Put()
  @RequiresSession('settings:update', { space: 'path' })
  @ApiParam({ name: 'spaceId', type: String })
  @ApiOperation({
    summary: 'Choose the models of a space',
    description: 'What is left out is left to the house.',
  })
  @ApiOkResponse({ type: ModelPreferencesDto })
  async set(
    @CurrentContext() { spaceId }: RequestContext,
    @Body() body: ModelPreferencesDto,
  ): Promise<ModelPreferencesDto> {
    assert(spaceId, 'preferences were set in no space');
    return toModelPreferencesDto(await this.preferences.set(spaceId, toModelPreference(body)));
  }
}
