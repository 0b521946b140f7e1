import { Body, Controller, Get, HttpCode, Patch, Post, UseInterceptors } from '@nestjs/common';
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
import { Requires, RequiresSession } from '../../http/requires.decorator.js';
import type { SessionClient } from '../domain/session-client.js';
import { LoginService } from '../login.service.js';
import { SessionsService } from '../sessions.service.js';
import { UsersService } from '../users.service.js';
import { WhoAmIService } from '../who-am-i.service.js';
import {
  LoginDto,
  MeResponse,
  RefreshDto,
  toMeResponse,
  TokenPairResponse,
  toTokenPairResponse,
  UpdateMeDto,
} from './auth.dto.js';
import { LoginLimitInterceptor } from './login-limit.interceptor.js';
import { CurrentClient } from './session-client.decorator.js';

@ApiTags('auth')
@Controller('api/v1/auth')
@UseInterceptors(LoginLimitInterceptor)
export class AuthController {
  constructor(
    private readonly logins: LoginService,
    private readonly sessions: SessionsService,
    private readonly whoAmI: WhoAmIService,
    private readonly users: UsersService,
  ) {}

  @Post('login')
  @Public()
  @HttpCode(200)
  @ApiOperation({ summary: 'Log in with e-mail address and password' })
  @ApiOkResponse({ type: TokenPairResponse })
  @ApiUnauthorizedResponse({ description: 'E-mail address or password is wrong' })
  async login(
    @Body() body: LoginDto,
    @CurrentClient() client: SessionClient,
  ): Promise<TokenPairResponse> {
    return toTokenPairResponse(await this.logins.login(body.email, body.password, client));
  }

  @Post('refresh')
  @Public()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Exchange a refresh token for a new pair',
    description:
      'A refresh token works once. Sending it a second time ends its session: somebody else may hold it.',
  })
  @ApiOkResponse({ type: TokenPairResponse })
  @ApiUnauthorizedResponse({
    description: 'The refresh token is unknown, ended or was used before',
  })
  async refresh(
    @Body() body: RefreshDto,
    @CurrentClient() client: SessionClient,
  ): Promise<TokenPairResponse> {
    return toTokenPairResponse(await this.sessions.refresh(body.refresh_token, client));
  }

  @Post('logout')
  @RequiresSession()
  @HttpCode(204)
  @ApiOperation({ summary: 'End the session of the access token' })
  @ApiNoContentResponse({ description: 'The session has ended, everywhere within a second' })
  async logout(@CurrentCaller() caller: Caller): Promise<void> {
    if (caller.sessionId !== null) await this.sessions.revoke(caller.sessionId);
  }

  @Get('me')
  @Requires()
  @ApiOperation({ summary: 'Who the credentials stand for' })
  @ApiOkResponse({ type: MeResponse })
  async me(@CurrentCaller() caller: Caller): Promise<MeResponse> {
    return toMeResponse(caller, await this.whoAmI.describe(caller));
  }

  @Patch('me')
  @RequiresSession()
  @ApiOperation({ summary: 'Change your name; the rest of an account is for operators' })
  @ApiOkResponse({ type: MeResponse })
  async updateMe(@CurrentCaller() caller: Caller, @Body() body: UpdateMeDto): Promise<MeResponse> {
    return toMeResponse(caller, await this.users.rename(caller.userId, body.name));
  }
}
