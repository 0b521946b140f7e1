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
import { MembersService } from '../members.service.js';
import {
  AddMemberDto,
  ChangeRoleDto,
  MemberResponse,
  MembersPageResponse,
  toMemberResponse,
} from './members.dto.js';

@ApiTags('members')
@Controller('api/v1/search-spaces/:spaceId/members')
export class MembersController {
  constructor(private readonly members: MembersService) {}

  @Get()
  @RequiresSession('members:view', { space: 'path' })
  @ApiOperation({ summary: 'The members of a search space, newest first' })
  @ApiOkResponse({ type: MembersPageResponse })
  async list(
    @Param('spaceId') spaceId: string,
    @Query() query: PageQueryDto,
  ): Promise<MembersPageResponse> {
    const page = toIdPageRequest(query);
    const members = await this.members.list(spaceId, page);
    return toPage(members.map(toMemberResponse), page.limit);
  }

  @Get(':userId')
  @RequiresSession('members:view', { space: 'path' })
  @ApiOperation({ summary: 'One member of a search space' })
  @ApiOkResponse({ type: MemberResponse })
  async get(
    @Param('spaceId') spaceId: string,
    @Param('userId') userId: string,
  ): Promise<MemberResponse> {
    return toMemberResponse(await this.members.get(spaceId, userId));
  }

  @Post()
  @RequiresSession(null, { space: 'path' })
  @ApiOperation({
    summary: 'Add somebody who has an account',
    description:
      'Needs members:invite or members:manage_roles, and every permission of the role that is given.',
  })
  @ApiCreatedResponse({ type: MemberResponse })
  @ApiConflictResponse({ description: 'A member already' })
  async add(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Body() body: AddMemberDto,
  ): Promise<MemberResponse> {
    return toMemberResponse(await this.members.add(caller, spaceId, body));
  }

  @Patch(':userId')
  @RequiresSession('members:manage_roles', { space: 'path' })
  @ApiOperation({ summary: 'Give a member another role', description: 'The owner keeps theirs.' })
  @ApiOkResponse({ type: MemberResponse })
  async changeRole(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Param('userId') userId: string,
    @Body() body: ChangeRoleDto,
  ): Promise<MemberResponse> {
    return toMemberResponse(await this.members.changeRole(caller, spaceId, userId, body.role));
  }

  // Before the route for any member: `me` is no id.
  @Delete('me')
  @RequiresSession(null, { space: 'path' })
  @HttpCode(204)
  @ApiOperation({
    summary: 'Leave a search space',
    description: 'The owner cannot, and transfers the ownership first.',
  })
  @ApiNoContentResponse({ description: 'No member any more; keys made here stop working' })
  async leave(@CurrentCaller() caller: Caller, @Param('spaceId') spaceId: string): Promise<void> {
    await this.members.leave(caller, spaceId);
  }

  @Delete(':userId')
  @RequiresSession('members:remove', { space: 'path' })
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a member', description: 'The owner cannot be removed.' })
  @ApiNoContentResponse({ description: 'No member any more; keys they made stop working here' })
  async remove(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Param('userId') userId: string,
  ): Promise<void> {
    await this.members.remove(caller, spaceId, userId);
  }
}
