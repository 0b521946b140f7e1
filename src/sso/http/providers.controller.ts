import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { RequiresOperator } from '../../http/requires.decorator.js';
import type { IdentityProvider } from '../domain/identity-provider.js';
import { KnownProviders } from '../known-providers.js';
import { ProvidersService } from '../providers.service.js';
import {
  CreateProviderDto,
  ProviderResponse,
  ProvidersPageResponse,
  toProviderChanges,
  toProviderDraft,
  toProviderResponse,
  UpdateProviderDto,
} from './providers.dto.js';

@ApiTags('identity-providers')
@Controller('api/v1/auth/oidc/providers')
export class ProvidersController {
  constructor(
    private readonly providers: ProvidersService,
    private readonly known: KnownProviders,
  ) {}

  @Post()
  @RequiresOperator()
  @ApiOperation({
    summary: 'Set up an identity provider',
    description: 'Register the redirect_url of the answer at the issuer.',
  })
  @ApiCreatedResponse({ type: ProviderResponse })
  @ApiConflictResponse({ description: 'The slug or one of the domains is in use' })
  async create(@Body() body: CreateProviderDto): Promise<ProviderResponse> {
    return this.show(await this.providers.create(toProviderDraft(body)));
  }

  @Get()
  @RequiresOperator()
  @ApiOperation({ summary: 'All identity providers, newest first' })
  @ApiOkResponse({ type: ProvidersPageResponse })
  async list(@Query() query: PageQueryDto): Promise<ProvidersPageResponse> {
    const page = toIdPageRequest(query);
    const providers = await this.providers.list(page);
    return toPage(
      providers.map((one) => this.show(one)),
      page.limit,
    );
  }

  @Get(':id')
  @RequiresOperator()
  @ApiOperation({ summary: 'One identity provider' })
  @ApiOkResponse({ type: ProviderResponse })
  async get(@Param('id') id: string): Promise<ProviderResponse> {
    return this.show(await this.providers.get(id));
  }

  @Patch(':id')
  @RequiresOperator()
  @ApiOperation({
    summary: 'Change an identity provider',
    description: 'A new issuer_url knows nobody yet, and needs the client secret again.',
  })
  @ApiOkResponse({ type: ProviderResponse })
  @ApiConflictResponse({ description: 'One of the domains is in use' })
  async update(
    @Param('id') id: string,
    @Body() body: UpdateProviderDto,
  ): Promise<ProviderResponse> {
    return this.show(await this.providers.update(id, toProviderChanges(body)));
  }

  @Delete(':id')
  @RequiresOperator()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Delete an identity provider',
    description: 'Accounts stay; group mappings and the memberships they made go with it.',
  })
  @ApiNoContentResponse({ description: 'Nobody signs in with it any more' })
  async remove(@Param('id') id: string): Promise<void> {
    await this.providers.remove(id);
  }

  private show(provider: IdentityProvider): ProviderResponse {
    return toProviderResponse(provider, {
      startUrl: this.known.toStartUrl(provider),
      callbackUrl: this.known.toCallbackUrl(provider),
    });
  }
}
