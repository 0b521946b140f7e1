import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { Requires, RequiresSession } from '../../http/requires.decorator.js';
import { AccessService } from '../access.service.js';
import { RolesService } from '../roles.service.js';
import {
  MyAccessResponse,
  RolesPageResponse,
  toMyAccessResponse,
  toRoleResponse,
} from './members.dto.js';

@ApiTags('members')
@Controller('api/v1/search-spaces/:spaceId')
export class RolesController {
  constructor(
    private readonly roles: RolesService,
    private readonly access: AccessService,
  ) {}

  @Get('roles')
  @RequiresSession('roles:read', { space: 'path' })
  @ApiOperation({ summary: 'The roles of a search space, by name' })
  @ApiOkResponse({ type: RolesPageResponse })
  async list(@Param('spaceId') spaceId: string): Promise<RolesPageResponse> {
    const roles = await this.roles.list(spaceId);
    return { data: roles.map(toRoleResponse), next_cursor: null };
  }

  @Get('my-access')
  @Requires(null, { space: 'path' })
  @ApiOperation({ summary: 'What the caller may do in a search space' })
  @ApiOkResponse({ type: MyAccessResponse })
  async myAccess(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
  ): Promise<MyAccessResponse> {
    return toMyAccessResponse(caller, await this.access.getAccess(caller, spaceId));
  }
}
