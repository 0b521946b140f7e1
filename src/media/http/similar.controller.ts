import { Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { assert } from '../../common/assert.js';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import {
  type SimilarPicture,
  SimilarPicturesService,
} from '../analysis/similar-pictures.service.js';
import { MediaLibraryService } from '../library/media-library.service.js';
import { MediaViews } from './media-views.js';
import { FindSimilarDto, ListSimilarDto, SimilarMediaListDto } from './similar.dto.js';
import { SimilarRequests } from './similar-requests.js';

const EXAMPLES = {
  stored: {
    summary: 'Like a picture of the space',
    value: { media_id: '019a0000-0000-7000-8000-000000000001', max_distance: 6 },
  },
};

@ApiTags('media')
@Controller('api/v1/media')
export class SimilarController {
  constructor(
    private readonly library: MediaLibraryService,
    private readonly similar: SimilarPicturesService,
    private readonly requests: SimilarRequests,
    private readonly views: MediaViews,
  ) {}

  @Post('similar')
  @HttpCode(200)
  @Requires('image_generations:read', { form: true })
  @ApiOperation({
    summary: 'Pictures of the space that look like one that is sent, nearest first',
    description:
      'By multipart/form-data with one file `file`, which is not kept and may be what an upload may be, or by JSON with media_id.',
  })
  @ApiConsumes('application/json', 'multipart/form-data')
  @ApiBody({ type: FindSimilarDto, examples: EXAMPLES })
  @ApiHeader({ name: 'x-search-space-id', required: false, description: 'The space of a form' })
  @ApiOkResponse({ type: SimilarMediaListDto })
  @ApiResponse({ status: 413, description: 'The picture is too large' })
  @ApiResponse({ status: 429, description: 'Too many pictures are being looked for' })
  async find(
    @CurrentContext() { spaceId }: RequestContext,
    @Req() request: FastifyRequest,
  ): Promise<SimilarMediaListDto> {
    assert(spaceId, 'pictures were looked for in no space');
    return this.toDto(await this.requests.answer(spaceId, request));
  }

  @Get(':id/similar')
  @Requires('image_generations:read', { space: 'row' })
  @ApiOperation({
    summary: 'Pictures of the space that look like this one, nearest first',
    description:
      'By a hash of 64 bits of what a picture shows in the large; at most 50. A picture is known by it some seconds after it was stored.',
  })
  @ApiOkResponse({ type: SimilarMediaListDto })
  async list(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() { max_distance: distanceMax }: ListSimilarDto,
  ): Promise<SimilarMediaListDto> {
    const asset = await this.library.getFor(caller, id, 'image_generations:read');
    return this.toDto(await this.similar.list(asset, distanceMax));
  }

  private async toDto(found: readonly SimilarPicture[]): Promise<SimilarMediaListDto> {
    const media = await this.views.toDtos(found.map((one) => one.asset));
    return { data: media.map((one, at) => ({ ...one, distance: found[at]?.distance ?? 0 })) };
  }
}
