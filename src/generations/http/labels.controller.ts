import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import { GenerationLinks } from '../generation-links.js';
import { LabelGenerationService } from '../history/label-generation.service.js';
import { GenerationDto } from './generation.dto.js';
import {
  ListTagsDto,
  ReplaceTagsDto,
  TagsPageDto,
  toTagsPage,
  toTagsResponse,
} from './labels.dto.js';
import { toGenerationResponse } from './to-generation-response.js';

@ApiTags('image-generations')
@Controller('api/v1')
export class LabelsController {
  constructor(
    private readonly labels: LabelGenerationService,
    private readonly links: GenerationLinks,
  ) {}

  @Put('image-generations/:id/tags')
  @Requires(null, { space: 'row' })
  @ApiOperation({
    summary: 'Tag a generation',
    description: 'Tags are shared by the space. They are kept in lower case, each once.',
  })
  @ApiOkResponse({ type: GenerationDto })
  async tag(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() { tags }: ReplaceTagsDto,
  ): Promise<GenerationDto> {
    return toGenerationResponse(await this.labels.tag(caller, id, tags), this.links);
  }

  @Put('image-generations/:id/favourite')
  @HttpCode(204)
  @Requires(null, { space: 'row' })
  @ApiOperation({ summary: 'Mark a generation for yourself' })
  @ApiNoContentResponse({ description: 'It is one of your favourites' })
  @ApiConflictResponse({ description: 'You have as many as there may be' })
  async addFavourite(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    await this.labels.addFavourite(caller, id);
  }

  @Delete('image-generations/:id/favourite')
  @HttpCode(204)
  @Requires(null, { space: 'row' })
  @ApiOperation({ summary: 'Take the mark away' })
  @ApiNoContentResponse({ description: 'It is none of your favourites' })
  async removeFavourite(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    await this.labels.removeFavourite(caller, id);
  }

  @Get('image-generation-tags')
  @Requires('image_generations:read', { space: 'query' })
  @ApiOperation({ summary: 'The tags of a search space, and how often each is used' })
  @ApiOkResponse({ type: TagsPageDto })
  async listTags(
    @CurrentContext() { spaceId }: RequestContext,
    @Query() query: ListTagsDto,
  ): Promise<TagsPageDto> {
    assert(spaceId, 'tags were asked for in no space');
    const page = toTagsPage(query);
    return toTagsResponse(await this.labels.listTags(spaceId, page), page.limit);
  }
}
