import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { RequiresSession } from '../../http/requires.decorator.js';
import { ConnectionModelsService } from '../connection-models.service.js';
import {
  AddConnectionModelDto,
  ConnectionModelResponse,
  ConnectionModelsPageResponse,
  EnableConnectionModelsDto,
  EnabledModelsResponse,
  toConnectionModelResponse,
  toModelChanges,
  toModelDraft,
  UpdateConnectionModelDto,
} from './connection-models.dto.js';
import { ModelNamePipe } from './model-name.pipe.js';

@ApiTags('connections')
@Controller('api/v1/connections/:id/models')
export class ConnectionModelsController {
  constructor(private readonly models: ConnectionModelsService) {}

  @Get()
  @RequiresSession()
  @ApiOperation({
    summary: 'The models a connection has of its own, newest first',
    description: 'Those of the catalogue that it serves unchanged are not among them.',
  })
  @ApiOkResponse({ type: ConnectionModelsPageResponse })
  async list(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: PageQueryDto,
  ): Promise<ConnectionModelsPageResponse> {
    const page = toIdPageRequest(query);
    const models = await this.models.list(caller, id, page);
    return toPage(models.map(toConnectionModelResponse), page.limit);
  }

  @Post()
  @RequiresSession()
  @ApiOperation({ summary: 'Add a model by hand' })
  @ApiCreatedResponse({ type: ConnectionModelResponse })
  @ApiConflictResponse({ description: 'The name is in use, or there are too many' })
  async add(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: AddConnectionModelDto,
  ): Promise<ConnectionModelResponse> {
    return toConnectionModelResponse(await this.models.add(caller, id, toModelDraft(body)));
  }

  @Post('enable')
  @RequiresSession()
  @HttpCode(200)
  @ApiOperation({ summary: 'Enable or disable up to 1,000 models: all of them or none' })
  @ApiOkResponse({ type: EnabledModelsResponse })
  async enable(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() { names, is_enabled: isEnabled = true }: EnableConnectionModelsDto,
  ): Promise<EnabledModelsResponse> {
    return { changed: await this.models.enable(caller, id, names, isEnabled) };
  }

  @Patch(':name')
  @RequiresSession()
  @ApiOperation({
    summary: 'Change a model',
    description:
      'One of the catalogue is changed as this connection serves it. A name with slashes is written with %2F.',
  })
  @ApiOkResponse({ type: ConnectionModelResponse })
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Param('name', ModelNamePipe) name: string,
    @Body() body: UpdateConnectionModelDto,
  ): Promise<ConnectionModelResponse> {
    const changes = toModelChanges(body);
    return toConnectionModelResponse(await this.models.update(caller, id, name, changes));
  }

  @Delete(':name')
  @RequiresSession()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Delete a model',
    description: 'One of the catalogue is served again as the catalogue has it.',
  })
  @ApiNoContentResponse({ description: 'It is gone' })
  async remove(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Param('name', ModelNamePipe) name: string,
  ): Promise<void> {
    await this.models.remove(caller, id, name);
  }
}
