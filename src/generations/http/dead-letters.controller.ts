import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiConflictResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { RequiresOperator } from '../../http/requires.decorator.js';
import { DeadLettersService } from '../jobs/dead-letters.service.js';
import {
  DeadLettersPageDto,
  ListDeadLettersDto,
  RetriedDto,
  RetryDeadLetterDto,
  toDeadLetterDto,
  toRetriedDto,
} from './dead-letter.dto.js';

@ApiTags('operations')
@Controller('api/v1/ops/dead-letters')
export class DeadLettersController {
  constructor(private readonly letters: DeadLettersService) {}

  @Get()
  @RequiresOperator()
  @ApiOperation({ summary: 'Generations that failed inside the service, newest first' })
  @ApiOkResponse({ type: DeadLettersPageDto })
  async list(@Query() query: ListDeadLettersDto): Promise<DeadLettersPageDto> {
    const page = toIdPageRequest(query);
    const letters = await this.letters.list(query.search_space_id ?? null, page);
    return toPage(letters.map(toDeadLetterDto), page.limit);
  }

  @Post(':id/retry')
  @RequiresOperator()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Run it again as a new generation',
    description:
      'On a new hold of the same space, for whoever asked first; the new record names the old one in retried_from. What ' +
      'a provider may have had already needs confirm_may_pay_twice.',
  })
  @ApiAcceptedResponse({ type: RetriedDto })
  @ApiResponse({ status: 402, description: 'The wallet does not cover what this may cost' })
  @ApiConflictResponse({ description: 'To be confirmed first, or being retried already' })
  async retry(
    @CurrentContext() { phases }: RequestContext,
    @Param('id') id: string,
    @Body() body: RetryDeadLetterDto,
  ): Promise<RetriedDto> {
    return toRetriedDto(await this.letters.retry(id, body.confirm_may_pay_twice ?? false, phases));
  }

  @Delete(':id')
  @RequiresOperator()
  @HttpCode(204)
  @ApiOperation({ summary: 'Dismiss it; the failed generation stays as it is' })
  @ApiNoContentResponse({ description: 'It is gone' })
  async dismiss(@Param('id') id: string): Promise<void> {
    await this.letters.dismiss(id);
  }
}
