import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import { PromptTemplatesService } from '../prompt-templates.service.js';
import {
  PromptTemplateResponse,
  PromptTemplatesPageResponse,
  RenderedPromptResponse,
  TemplateVersionsPageResponse,
  toNewVariables,
  toRendered,
  toTemplateResponse,
  toVersionsPage,
} from './prompt-template.response.js';
import {
  CreatePromptTemplateDto,
  ListPromptTemplatesDto,
  RenderPromptTemplateDto,
  UpdatePromptTemplateDto,
} from './prompt-templates.dto.js';
import { toVersionsRequest } from './to-versions-request.js';

@ApiTags('prompts')
@Controller('api/v1/prompt-templates')
export class PromptTemplatesController {
  constructor(private readonly templates: PromptTemplatesService) {}

  @Post()
  @Requires('image_generations:create')
  @ApiOperation({
    summary: 'Make a prompt template: a prompt with variables, for all of a space',
    description: 'Name it in prompt_template when you make pictures.',
  })
  @ApiCreatedResponse({ type: PromptTemplateResponse })
  @ApiConflictResponse({ description: 'The name is in use, or there are too many' })
  async create(
    @CurrentContext() { caller, spaceId }: RequestContext,
    @Body() { name, description = '', template: text, variables = [] }: CreatePromptTemplateDto,
  ): Promise<PromptTemplateResponse> {
    assert(caller && spaceId, 'a template was asked for without a caller or a space');
    const told = toNewVariables(variables);
    const input = { searchSpaceId: spaceId, name, description, text, variables: told };
    return toTemplateResponse(await this.templates.create(caller, input));
  }

  @Get()
  @Requires('image_generations:read', { space: 'query' })
  @ApiOperation({ summary: 'The prompt templates of a search space, newest first' })
  @ApiOkResponse({ type: PromptTemplatesPageResponse })
  async list(
    @CurrentContext() { spaceId }: RequestContext,
    @Query() query: ListPromptTemplatesDto,
  ): Promise<PromptTemplatesPageResponse> {
    assert(spaceId, 'templates were asked for in no space');
    const page = toIdPageRequest(query);
    const templates = await this.templates.list(spaceId, page);
    return toPage(templates.map(toTemplateResponse), page.limit);
  }

  @Get(':id')
  @Requires('image_generations:read', { space: 'row' })
  @ApiOperation({ summary: 'One prompt template in its newest version' })
  @ApiOkResponse({ type: PromptTemplateResponse })
  async get(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<PromptTemplateResponse> {
    return toTemplateResponse(await this.templates.getFor(caller, id, 'image_generations:read'));
  }

  @Get(':id/versions')
  @Requires('image_generations:read', { space: 'row' })
  @ApiOperation({ summary: 'The versions of a prompt template, newest first; 100 are kept' })
  @ApiOkResponse({ type: TemplateVersionsPageResponse })
  async listVersions(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: PageQueryDto,
  ): Promise<TemplateVersionsPageResponse> {
    const { limit, before } = toVersionsRequest(query);
    return toVersionsPage(await this.templates.listVersions(caller, id, limit, before), limit);
  }

  @Patch(':id')
  @Requires('image_generations:create', { space: 'row' })
  @ApiOperation({
    summary: 'Change a prompt template; another text or other variables make its next version',
  })
  @ApiOkResponse({ type: PromptTemplateResponse })
  @ApiConflictResponse({ description: 'The name is in use' })
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() { name, description, template: text, variables }: UpdatePromptTemplateDto,
  ): Promise<PromptTemplateResponse> {
    const told = variables && toNewVariables(variables);
    const changes = { name, description, text, variables: told };
    return toTemplateResponse(await this.templates.update(caller, id, changes));
  }

  @Post(':id/render')
  @HttpCode(200)
  @Requires('image_generations:read', { space: 'row' })
  @ApiOperation({ summary: 'The prompt that a template makes of values; makes no pictures' })
  @ApiOkResponse({ type: RenderedPromptResponse })
  async render(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() { variables, version }: RenderPromptTemplateDto,
  ): Promise<RenderedPromptResponse> {
    const wish = { id, version: version ?? undefined, variables: variables ?? {} };
    return toRendered(id, await this.templates.render(caller, wish));
  }

  @Delete(':id')
  @Requires('image_generations:delete', { space: 'row' })
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a prompt template with its versions; pictures stay' })
  @ApiNoContentResponse({ description: 'It is gone' })
  async remove(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    await this.templates.remove(caller, id);
  }
}
