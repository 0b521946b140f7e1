import { Body, Controller, Get, Headers, HttpCode, Post, Query } from '@nestjs/common';
import {
  ApiBody,
  ApiConflictResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import { toRepetition } from '../../generations/domain/idempotency.js';
import { CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import { OptimizerHealthService } from '../optimizer-health.service.js';
import { OptimizerNotesService } from '../optimizer-notes.service.js';
import { ValidatePromptService } from '../validate-prompt.service.js';
import {
  OptimizerEffectivenessDto,
  OptimizerHealthDto,
  OptimizerSpaceDto,
  PromptReportDto,
  toOptimizerEffectiveness,
  toOptimizerHealth,
  toPromptReport,
  VALIDATE_PROMPT_EXAMPLES,
  ValidatePromptDto,
} from './prompts.dto.js';

@ApiTags('prompts')
@Controller('api/v1/prompts')
export class PromptsController {
  constructor(
    private readonly prompts: ValidatePromptService,
    private readonly health: OptimizerHealthService,
    private readonly notes: OptimizerNotesService,
  ) {}

  @Post('validate')
  @HttpCode(200)
  @Requires('image_generations:create')
  @ApiOperation({
    summary: 'What would become of a prompt, and figures about it',
    description:
      'A prompt of more than 3,000 characters is rewritten shorter, which costs what the call of the chat model costs; a ' +
      'shorter one only with force_optimize. Makes no pictures.',
  })
  @ApiBody({ type: ValidatePromptDto, examples: VALIDATE_PROMPT_EXAMPLES })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'A repeat with the same key and prompt is not charged again',
  })
  @ApiOkResponse({ type: PromptReportDto })
  @ApiResponse({ status: 402, description: 'The wallet does not cover the rewriting' })
  @ApiConflictResponse({ description: 'The request with this Idempotency-Key still runs' })
  @ApiResponse({ status: 422, description: 'The Idempotency-Key was used for another prompt' })
  @ApiResponse({ status: 503, description: 'It is to be rewritten, and nobody can' })
  async validate(
    @CurrentContext() { caller, spaceId }: RequestContext,
    @Headers() headers: Record<string, string | string[] | undefined>,
    @Body() { prompt, force_optimize }: ValidatePromptDto,
  ): Promise<PromptReportDto> {
    assert(caller && spaceId, 'a prompt came without a caller or a space');
    const { key } = toRepetition(headers);
    const isForced = force_optimize === true;
    const question = { caller, searchSpaceId: spaceId, prompt, isForced, key };
    return toPromptReport(await this.prompts.validate(question));
  }

  @Get('optimizer/health')
  @Requires('image_generations:read', { space: 'query' })
  @ApiOperation({ summary: 'Whether long prompts can be rewritten in a space; costs nothing' })
  @ApiOkResponse({ type: OptimizerHealthDto })
  async getHealth(
    @CurrentContext() { caller, spaceId }: RequestContext,
    @Query() _query: OptimizerSpaceDto,
  ): Promise<OptimizerHealthDto> {
    assert(caller && spaceId, 'the optimizer was asked after without a caller or a space');
    return toOptimizerHealth(await this.health.check({ caller, searchSpaceId: spaceId }));
  }

  @Get('optimizer/effectiveness')
  @Requires('image_generations:read', { space: 'query' })
  @ApiOperation({ summary: 'How the last 100 rewritings of a space went' })
  @ApiOkResponse({ type: OptimizerEffectivenessDto })
  async getEffectiveness(
    @CurrentContext() { spaceId }: RequestContext,
    @Query() _query: OptimizerSpaceDto,
  ): Promise<OptimizerEffectivenessDto> {
    assert(spaceId, 'rewritings were asked after in no space');
    return toOptimizerEffectiveness(await this.notes.measure(spaceId));
  }
}
