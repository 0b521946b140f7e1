import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { Requires, RequiresSession } from '../../http/requires.decorator.js';
import { AccessService } from '../access.service.js';
import { OwnershipService } from '../ownership.service.js';
import {
  MemberResponse,
  MyAccessResponse,
  toMemberResponse,
  toMyAccessResponse,
  TransferOwnershipDto,
} from './members.dto.js';

@ApiTags('members')
@Controller('api/v1/search-spaces/:spaceId')
export class AccessController {
  constructor(
    private readonly access: AccessService,
    private readonly ownership: OwnershipService,
  ) {}

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

  @Post('transfer-ownership')
  @RequiresSession(null, { space: 'path' })
  @HttpCode(200)
  @ApiOperation({
    summary: 'Make another member the owner',
    description: 'For the owner alone, who stays a member under the role that is named.',
  })
  @ApiOkResponse({ type: MemberResponse, description: 'The new owner' })
  async transfer(
    @CurrentCaller() caller: Caller,
    @Param('spaceId') spaceId: string,
    @Body() { user_id: userId, role }: TransferOwnershipDto,
  ): Promise<MemberResponse> {
    return toMemberResponse(await this.ownership.transfer(caller, spaceId, { userId, role }));
  }
}
