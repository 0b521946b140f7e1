import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { RequiresSession } from '../../http/requires.decorator.js';
import { ChangeRolesService } from '../change-roles.service.js';
import { RolesService } from '../roles.service.js';
import {
  CreateRoleDto,
  RoleResponse,
  RolesPageResponse,
  toNewRole,
  toRoleChanges,
  toRoleResponse,
  UpdateRoleDto,
} from './roles.dto.js';

@ApiTags('members')
@Controller('api/v1/search-spaces/:spaceId/roles')
export class RolesController {
  constructor(
    private readonly roles: RolesService,
    private readonly changes: ChangeRolesService,
  ) {}

  @Get()
  @RequiresSession('roles:read', { space: 'path' })
  @ApiOperation({ summary: 'The roles of a search space, by name' })
  @ApiOkResponse({ type: RolesPageResponse })
  async list(@Param('spaceId') spaceId: string): Promise<RolesPageResponse> {
    const roles = await this.roles.list(spaceId);
    return { data: roles.map(toRoleResponse), next_cursor: null };
  }

  @Get(':roleId')
  @RequiresSession('roles:read', { space: 'path' })
  @ApiOperation({ summary: 'One role of a search space' })
  @ApiOkResponse({ type: RoleResponse })
  async get(
    @Param('spaceId') spaceId: string,
    @Param('roleId') roleId: string,
  ): Promise<RoleResponse> {
    return toRoleResponse(await this.roles.get(spaceId, roleId));
  }

  @Post()
  @RequiresSession('roles:create', { space: 'path' })
  @ApiOperation({
    summary: 'Make a role',
    description: 'It holds no permission that you do not hold yourself.',
  })
  @ApiCreatedResponse({ type: RoleResponse })
  @ApiConflictResponse({ description: 'The name is in use, or there are as many roles as can be' })
  async create(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Body() body: CreateRoleDto,
  ): Promise<RoleResponse> {
    return toRoleResponse(await this.changes.create(caller, spaceId, toNewRole(body)));
  }

  @Patch(':roleId')
  @RequiresSession('roles:update', { space: 'path' })
  @ApiOperation({
    summary: 'Change a role, for all who have it, at once',
    description:
      "Needs every permission that the role holds and will hold. The owner's role stays as it is; " +
      'of the other roles made with the space, name and description stay.',
  })
  @ApiOkResponse({ type: RoleResponse })
  @ApiConflictResponse({ description: 'The name is in use' })
  async update(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Param('roleId') roleId: string,
    @Body() body: UpdateRoleDto,
  ): Promise<RoleResponse> {
    const changes = toRoleChanges(body);
    return toRoleResponse(await this.changes.update(caller, spaceId, roleId, changes));
  }

  @Delete(':roleId')
  @RequiresSession('roles:delete', { space: 'path' })
  @HttpCode(204)
  @ApiOperation({
    summary: 'Delete a role',
    description: 'Needs every permission that it holds. Roles made with the space stay.',
  })
  @ApiNoContentResponse({ description: 'Gone' })
  @ApiConflictResponse({
    description: 'Members hold it, open invites give it, or it is the default; the answer says so',
  })
  async remove(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Param('roleId') roleId: string,
  ): Promise<void> {
    await this.changes.remove(caller, spaceId, roleId);
  }
}
