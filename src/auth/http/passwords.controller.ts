import { Body, Controller, HttpCode, Ip, Post, UseInterceptors } from '@nestjs/common';
import {
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  ApiUnauthorizedResponse,
} from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { Public } from '../../http/public.decorator.js';
import { RequiresSession } from '../../http/requires.decorator.js';
import { PasswordChangesService } from '../password-changes.service.js';
import { TokenPairResponse, toTokenPairResponse } from './auth.dto.js';
import { LoginLimitInterceptor } from './login-limit.interceptor.js';
import { ChangePasswordDto, RedeemResetDto } from './passwords.dto.js';

@ApiTags('auth')
@Controller('api/v1/auth')
@UseInterceptors(LoginLimitInterceptor)
export class PasswordsController {
  constructor(private readonly changes: PasswordChangesService) {}

  @Post('change-password')
  @RequiresSession()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Change your password',
    description: 'Ends your other sessions. This one goes on with the tokens answered.',
  })
  @ApiOkResponse({ type: TokenPairResponse })
  async change(
    @CurrentCaller() caller: Caller,
    @Body() { current_password, new_password }: ChangePasswordDto,
    @Ip() address: string,
  ): Promise<TokenPairResponse> {
    const input = { currentPassword: current_password, newPassword: new_password };
    return toTokenPairResponse(await this.changes.change(caller, input, address));
  }

  @Post('reset-password')
  @Public()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Set a new password with a one-time token from an operator',
    description: 'Ends all sessions. A password that is refused does not use the token up.',
  })
  @ApiNoContentResponse({ description: 'The password is set; log in with it' })
  @ApiUnauthorizedResponse({ description: 'The token is unknown, was used or has ended' })
  async redeem(@Body() body: RedeemResetDto, @Ip() address: string): Promise<void> {
    await this.changes.redeem(body.token, body.password, address);
  }
}
