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
import { GroupMappingsService } from '../group-mappings.service.js';
import {
  ChangeGroupMappingDto,
  CreateGroupMappingDto,
  GroupMappingResponse,
  GroupMappingsPageResponse,
  toGroupMappingResponse,
} from './group-mappings.dto.js';

@ApiTags('members')
@Controller('api/v1/search-spaces/:spaceId/group-mappings')
export class GroupMappingsController {
  constructor(private readonly mappings: GroupMappingsService) {}

  @Get()
  @RequiresSession('members:manage_roles', { space: 'path' })
  @ApiOperation({ summary: 'What the groups of identity providers give in a space, newest first' })
  @ApiOkResponse({ type: GroupMappingsPageResponse })
  async list(
    @Param('spaceId') spaceId: string,
    @Query() query: PageQueryDto,
  ): Promise<GroupMappingsPageResponse> {
    const page = toIdPageRequest(query);
    const mappings = await this.mappings.list(spaceId, page);
    return toPage(mappings.map(toGroupMappingResponse), page.limit);
  }

  @Post()
  @RequiresSession('members:manage_roles', { space: 'path' })
  @ApiOperation({
    summary: 'Give the members of a group a role',
    description:
      'From their next sign-in on. Needs every permission of the role. Memberships made by hand stay as they are.',
  })
  @ApiCreatedResponse({ type: GroupMappingResponse })
  @ApiConflictResponse({ description: 'The group is mapped already' })
  async create(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Body() body: CreateGroupMappingDto,
  ): Promise<GroupMappingResponse> {
    return toGroupMappingResponse(await this.mappings.create(caller, spaceId, body));
  }

  @Get(':mappingId')
  @RequiresSession('members:manage_roles', { space: 'path' })
  @ApiOperation({ summary: 'One group mapping' })
  @ApiOkResponse({ type: GroupMappingResponse })
  async get(
    @Param('spaceId') spaceId: string,
    @Param('mappingId') mappingId: string,
  ): Promise<GroupMappingResponse> {
    return toGroupMappingResponse(await this.mappings.get(spaceId, mappingId));
  }

  @Patch(':mappingId')
  @RequiresSession('members:manage_roles', { space: 'path' })
  @ApiOperation({ summary: 'Give the members of a group another role' })
  @ApiOkResponse({ type: GroupMappingResponse })
  async changeRole(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Param('mappingId') mappingId: string,
    @Body() body: ChangeGroupMappingDto,
  ): Promise<GroupMappingResponse> {
    const { role } = body;
    return toGroupMappingResponse(await this.mappings.changeRole(caller, spaceId, mappingId, role));
  }

  @Delete(':mappingId')
  @RequiresSession('members:manage_roles', { space: 'path' })
  @HttpCode(204)
  @ApiOperation({ summary: 'Take the role of a group back' })
  @ApiNoContentResponse({ description: "Memberships it made end at their people's next sign-in" })
  async remove(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Param('mappingId') mappingId: string,
  ): Promise<void> {
    await this.mappings.remove(caller, spaceId, mappingId);
  }
}
