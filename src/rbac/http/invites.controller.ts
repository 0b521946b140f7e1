import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
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
import { InvitesService } from '../invites.service.js';
import {
  CreateInviteDto,
  InviteResponse,
  InvitesPageResponse,
  IssuedInviteResponse,
  toInviteResponse,
  toIssuedInviteResponse,
  toNewInvite,
} from './invites.dto.js';

@ApiTags('members')
@Controller('api/v1/search-spaces/:spaceId/invites')
export class InvitesController {
  constructor(private readonly invites: InvitesService) {}

  @Post()
  @RequiresSession('members:invite', { space: 'path' })
  @ApiOperation({
    summary: 'Make an invite',
    description:
      'Whoever has its code and an account here can join. It gives no role beyond yours, now and later. ' +
      'The answer shows the code once.',
  })
  @ApiCreatedResponse({ type: IssuedInviteResponse })
  @ApiConflictResponse({ description: 'There are as many open invites as can be' })
  async create(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Body() body: CreateInviteDto,
  ): Promise<IssuedInviteResponse> {
    return toIssuedInviteResponse(await this.invites.create(caller, spaceId, toNewInvite(body)));
  }

  @Get()
  @RequiresSession('members:invite', { space: 'path' })
  @ApiOperation({ summary: 'The invites of a search space, newest first' })
  @ApiOkResponse({ type: InvitesPageResponse })
  async list(
    @Param('spaceId') spaceId: string,
    @Query() query: PageQueryDto,
  ): Promise<InvitesPageResponse> {
    const page = toIdPageRequest(query);
    const invites = await this.invites.list(spaceId, page);
    return toPage(invites.map(toInviteResponse), page.limit);
  }

  @Get(':inviteId')
  @RequiresSession('members:invite', { space: 'path' })
  @ApiOperation({ summary: 'One invite, without its code' })
  @ApiOkResponse({ type: InviteResponse })
  async get(
    @Param('spaceId') spaceId: string,
    @Param('inviteId') inviteId: string,
  ): Promise<InviteResponse> {
    return toInviteResponse(await this.invites.get(spaceId, inviteId));
  }

  @Delete(':inviteId')
  @RequiresSession('members:invite', { space: 'path' })
  @HttpCode(204)
  @ApiOperation({
    summary: 'Revoke an invite',
    description: 'Your own, or one to a role that holds nothing beyond yours.',
  })
  @ApiNoContentResponse({ description: 'Nobody joins with it any more; who has joined stays' })
  async revoke(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Param('inviteId') inviteId: string,
  ): Promise<void> {
    await this.invites.revoke(caller, spaceId, inviteId);
  }
}
