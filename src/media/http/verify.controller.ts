import { Controller, HttpCode, Post, Req } from '@nestjs/common';
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
import { CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import { PictureVerdictDto, VerifyPictureDto } from './verify.dto.js';
import { VerifyRequests } from './verify-requests.js';

const EXAMPLES = {
  stored: {
    summary: 'A picture of the space',
    value: { media_id: '019a0000-0000-7000-8000-000000000001' },
  },
  address: { summary: 'A picture elsewhere', value: { url: 'https://images.example.com/fox.png' } },
};

@ApiTags('media')
@Controller('api/v1/media')
export class VerifyController {
  constructor(private readonly requests: VerifyRequests) {}

  @Post('verify')
  @HttpCode(200)
  @Requires('image_generations:read', { form: true })
  @ApiOperation({
    summary: 'Where a picture comes from, and whether it is what it says',
    description:
      'By JSON with media_id or url, or by multipart/form-data with one file `file`. Nothing is stored or decoded.',
  })
  @ApiConsumes('application/json', 'multipart/form-data')
  @ApiBody({ type: VerifyPictureDto, examples: EXAMPLES })
  @ApiHeader({ name: 'x-search-space-id', required: false, description: 'The space of a form' })
  @ApiOkResponse({ type: PictureVerdictDto })
  @ApiResponse({ status: 413, description: 'The picture is too large' })
  async verify(
    @CurrentContext() { spaceId }: RequestContext,
    @Req() request: FastifyRequest,
  ): Promise<PictureVerdictDto> {
    assert(spaceId, 'a picture was to be verified in no space');
    return this.requests.answer(spaceId, request);
  }
}
