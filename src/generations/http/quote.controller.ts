import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import { CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import { QuoteGenerationService } from '../quote-generation.service.js';
import { CreateGenerationDto } from './create-generation.dto.js';
import { CREATE_GENERATION_EXAMPLES } from './create-generation.examples.js';
import { QuoteDto, toQuoteDto } from './quote.dto.js';
import { toGenerationRequest } from './to-generation-request.js';

@ApiTags('image-generations')
@Controller('api/v1/image-generations')
export class QuoteController {
  constructor(private readonly quotes: QuoteGenerationService) {}

  @Post('quote')
  @HttpCode(200)
  @Requires('image_generations:create', { makesPictures: true })
  @ApiOperation({
    summary: 'What pictures would cost, and whether wallet and budgets would let them be made',
    description:
      'The body of a creation, under the same rules. Spends nothing, writes nothing and calls no vendor.',
  })
  @ApiBody({ type: CreateGenerationDto, examples: CREATE_GENERATION_EXAMPLES })
  @ApiOkResponse({ type: QuoteDto })
  @ApiResponse({ status: 410, description: 'The model was shut down; its successor is named' })
  @ApiResponse({ status: 422, description: 'There is no price for such a picture' })
  async quote(
    @CurrentContext() { caller, spaceId }: RequestContext,
    @Body() body: CreateGenerationDto,
  ): Promise<QuoteDto> {
    assert(caller && spaceId, 'a quote was asked for without a caller or a space');
    return toQuoteDto(await this.quotes.quote(toGenerationRequest(body, spaceId), caller));
  }
}
