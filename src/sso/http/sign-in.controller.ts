import {
  Body,
  Controller,
  Get,
  Header,
  Headers,
  HttpCode,
  Ip,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseFilters,
} from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toSessionClient } from '../../auth/domain/session-client.js';
import { DomainError } from '../../common/domain-error.js';
import { Public } from '../../http/public.decorator.js';
import { KnownProviders } from '../known-providers.js';
import { LoginCodesService } from '../login-codes.service.js';
import { SignInService } from '../sign-in.service.js';
import { readSignInCookie, toEndedCookie, toSignInCookie } from './sign-in-cookie.js';
import {
  ExchangeCodeDto,
  SignedInResponse,
  SignInOptionsResponse,
  toSignedInResponse,
  toSignInOption,
} from './sign-in.dto.js';
import { SignInFailureFilter } from './sign-in-failure.filter.js';
import { renderCompletionPage } from './sign-in-pages.js';

const FOUND = 302;

/** Single sign-on: a browser goes to an identity provider and comes back with a code for a session. */
@ApiTags('auth')
@Controller('api/v1/auth/oidc')
export class SignInController {
  constructor(
    private readonly providers: KnownProviders,
    private readonly signIns: SignInService,
    private readonly codes: LoginCodesService,
  ) {}

  @Get()
  @Public()
  @ApiOperation({ summary: 'The identity providers one can sign in with' })
  @ApiOkResponse({ type: SignInOptionsResponse })
  async list(): Promise<SignInOptionsResponse> {
    const enabled = await this.providers.listEnabled();
    return {
      data: enabled.map((one) => toSignInOption(one, this.providers.toStartUrl(one))),
    };
  }

  @Get('complete')
  @Public()
  @ApiOperation({
    summary: 'The page that a sign-in ends at by default',
    description: 'It exchanges the code of its address and shows the tokens.',
  })
  @ApiOkResponse({ content: { 'text/html': {} } })
  complete(@Res() reply: FastifyReply): void {
    const { html, headers } = renderCompletionPage();
    void reply.headers(headers).send(html);
  }

  @Post('exchange')
  @Public()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({ summary: 'Exchange the code of a sign-in for a session' })
  @ApiOkResponse({ type: SignedInResponse })
  @ApiBadRequestResponse({ description: 'The code is unknown, used before or over a minute old' })
  async exchange(
    @Body() body: ExchangeCodeDto,
    @Ip() address: string,
    @Headers('user-agent') userAgent: string | undefined,
  ): Promise<SignedInResponse> {
    const client = toSessionClient(address, userAgent);
    return toSignedInResponse(await this.codes.exchange(body.code, client));
  }

  @Get(':slug/start')
  @Public()
  @UseFilters(SignInFailureFilter)
  @ApiOperation({ summary: 'Begin a sign-in: leads the browser to the identity provider' })
  @ApiQuery({
    name: 'return_to',
    required: false,
    type: String,
    description:
      'Where to go afterwards, with ?code=: an address of this service or of an origin in SSO_RETURN_ORIGINS',
  })
  @ApiFoundResponse({ description: 'To the identity provider' })
  @ApiResponse({ status: 503, description: 'The identity provider cannot be reached' })
  async start(
    @Param('slug') slug: string,
    @Query('return_to') returnTo: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const begun = await this.signIns.begin(slug, toText(returnTo));
    const callbackUrl = this.providers.toCallbackUrl({ slug });
    const cookie = toSignInCookie(begun.state, begun.browserSecret, callbackUrl);
    void reply.header('set-cookie', cookie).header('cache-control', 'no-store');
    void reply.redirect(begun.authorizationUrl, FOUND);
  }

  @Get(':slug/callback')
  @Public()
  @UseFilters(SignInFailureFilter)
  @ApiOperation({
    summary: 'Where the identity provider sends the browser back to',
    description: 'To be registered there as the redirect address.',
  })
  @ApiFoundResponse({
    description: 'To return_to, with a code for POST /api/v1/auth/oidc/exchange',
  })
  @ApiResponse({ status: 502, description: 'The answer of the identity provider is not valid' })
  @ApiResponse({ status: 503, description: 'The identity provider cannot be reached' })
  async callback(
    @Param('slug') slug: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { query, state, secret } = readCallback(request);
    void reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
    void reply.header('set-cookie', toEndedCookie(state, this.providers.toCallbackUrl({ slug })));
    void reply.redirect(await this.signIns.finish(slug, query, secret), FOUND);
  }
}

function readCallback({ url, headers }: FastifyRequest) {
  const start = url.indexOf('?');
  const query = new URLSearchParams(start === -1 ? '' : url.slice(start + 1));
  const state = query.get('state') ?? '';
  return { query, state, secret: readSignInCookie(headers.cookie, state) };
}

function toText(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw DomainError.invalid('return_to', 'must be given once');
}
