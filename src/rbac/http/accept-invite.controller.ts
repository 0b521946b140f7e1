import { Controller, Get, HttpCode, Ip, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { Public } from '../../http/public.decorator.js';
import { RequiresSession } from '../../http/requires.decorator.js';
import { AcceptInviteService } from '../accept-invite.service.js';
import {
  AcceptedInviteResponse,
  InviteOfferResponse,
  toAcceptedInviteResponse,
  toInviteOfferResponse,
} from './invites.dto.js';

@ApiTags('members')
@Controller('api/v1/invites/:code')
export class AcceptInviteController {
  constructor(private readonly acceptance: AcceptInviteService) {}

  @Get()
  @Public()
  @ApiOperation({
    summary: 'What an invite is for',
    description: 'For whoever has the code. Unknown codes count as failed logins of the address.',
  })
  @ApiOkResponse({ type: InviteOfferResponse })
  async describe(@Param('code') code: string, @Ip() address: string): Promise<InviteOfferResponse> {
    return toInviteOfferResponse(await this.acceptance.describe(code, address));
  }

  @Post('accept')
  @RequiresSession()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Join a search space',
    description: 'A 400 says in `reason` why the invite does not let you in.',
  })
  @ApiOkResponse({ type: AcceptedInviteResponse })
  async accept(
    @CurrentCaller() caller: Caller,
    @Param('code') code: string,
    @Ip() address: string,
  ): Promise<AcceptedInviteResponse> {
    return toAcceptedInviteResponse(await this.acceptance.accept(caller, code, address));
  }
}
