import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { Requires, RequiresSession } from '../../http/requires.decorator.js';
import { DeleteSpaceService } from '../delete-space.service.js';
import { SpacesService } from '../spaces.service.js';
import {
  CreateSpaceDto,
  SpaceDeletionResponse,
  SpaceResponse,
  SpacesPageResponse,
  toSpaceChanges,
  toSpaceResponse,
  UpdateSpaceDto,
} from './search-spaces.dto.js';

@ApiTags('search-spaces')
@Controller('api/v1/search-spaces')
export class SearchSpacesController {
  constructor(
    private readonly spaces: SpacesService,
    private readonly deletions: DeleteSpaceService,
  ) {}

  @Post()
  @RequiresSession()
  @ApiOperation({
    summary: 'Make a search space',
    description: 'Its maker owns it. It begins with the roles Owner, Editor and Viewer.',
  })
  @ApiCreatedResponse({ type: SpaceResponse })
  async create(
    @CurrentCaller() caller: Caller,
    @Body() body: CreateSpaceDto,
  ): Promise<SpaceResponse> {
    return toSpaceResponse(await this.spaces.create(caller, body));
  }

  @Get()
  @Requires()
  @ApiOperation({
    summary: 'The search spaces the caller is a member of, newest first',
    description: 'For an API key: the one it is bound to, if API keys work there.',
  })
  @ApiOkResponse({ type: SpacesPageResponse })
  async list(
    @CurrentCaller() caller: Caller,
    @Query() query: PageQueryDto,
  ): Promise<SpacesPageResponse> {
    const page = toIdPageRequest(query);
    const spaces = await this.spaces.list(caller, page);
    return toPage(spaces.map(toSpaceResponse), page.limit);
  }

  @Get(':spaceId')
  @Requires(null, { space: 'path' })
  @ApiOperation({ summary: 'One search space' })
  @ApiOkResponse({ type: SpaceResponse })
  async get(@Param('spaceId') spaceId: string): Promise<SpaceResponse> {
    return toSpaceResponse(await this.spaces.get(spaceId));
  }

  @Patch(':spaceId')
  @RequiresSession('settings:update', { space: 'path' })
  @ApiOperation({ summary: 'Change a search space' })
  @ApiOkResponse({ type: SpaceResponse })
  async update(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Body() body: UpdateSpaceDto,
  ): Promise<SpaceResponse> {
    return toSpaceResponse(await this.spaces.update(caller, spaceId, toSpaceChanges(body)));
  }

  @Delete(':spaceId')
  @RequiresSession('settings:delete', { space: 'row' })
  @HttpCode(202)
  @ApiOperation({
    summary: 'Delete a search space with everything in it',
    description:
      'It answers 404 to everybody from now on, and its keys stop. What is in it is removed in the background: ' +
      'generations that run are canceled, pictures, keys, roles and members go. The ledger and the audit trail stay.',
  })
  @ApiAcceptedResponse({ type: SpaceDeletionResponse })
  @ApiConflictResponse({ description: 'It is being deleted already' })
  @ApiResponse({ status: 503, description: 'The job could not be queued; nothing has changed' })
  async remove(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
  ): Promise<SpaceDeletionResponse> {
    return { id: await this.deletions.request(caller, spaceId), state: 'deleting' };
  }
}
