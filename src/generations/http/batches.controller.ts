import { Body, Controller, Get, Headers, Param, Post, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import { ViewBatchService } from '../batches/view-batch.service.js';
import { GenerationLinks } from '../generation-links.js';
import { BatchCreation } from './batch-creation.js';
import { BatchDto, toBatchResponse } from './batch.dto.js';
import { CREATE_BATCH_EXAMPLES, CreateBatchDto } from './create-batch.dto.js';
import { GenerationDto } from './generation.dto.js';
import { NativeCreation, type RequestHeaders } from './native-creation.js';
import { QUICK_GENERATION_EXAMPLES, QuickGenerationDto } from './quick-generation.dto.js';

const QUICK_ROUTE = 'POST /api/v1/image-generations/quick';
const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  required: false,
  description: 'A repeat with the same key and body answers from the first and costs nothing',
} as const;

@ApiTags('image-generations')
@Controller('api/v1/image-generations')
export class BatchesController {
  constructor(
    private readonly creation: BatchCreation,
    private readonly quickCreation: NativeCreation,
    private readonly batches: ViewBatchService,
    private readonly links: GenerationLinks,
  ) {}

  @Post('quick')
  @Requires('image_generations:create', { makesPictures: true })
  @ApiOperation({
    summary: 'Make pictures from a prompt alone',
    description:
      'As `POST /image-generations`, with everything else left to the space and the model.',
  })
  @ApiBody({ type: QuickGenerationDto, examples: QUICK_GENERATION_EXAMPLES })
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiCreatedResponse({ type: GenerationDto })
  @ApiAcceptedResponse({ type: GenerationDto, description: 'Not ended yet; ask at Location' })
  async quick(
    @CurrentContext() context: RequestContext,
    @Headers() headers: RequestHeaders,
    @Body() body: QuickGenerationDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<GenerationDto> {
    return this.quickCreation.answer({ context, headers, body, reply, route: QUICK_ROUTE });
  }

  @Post('batch')
  @Requires('image_generations:create', { makesPictures: true })
  @ApiOperation({
    summary: 'Make pictures of up to 10 requests',
    description:
      'Three are worked on at a time. Each is held, made, charged and refused by itself; the results come in the ' +
      'order of the requests. `Prefer: wait=N` bounds the wait for all together: what has not begun by then is ' +
      'queued. When all are refused for the same reason, that refusal is the answer.',
  })
  @ApiBody({ type: CreateBatchDto, examples: CREATE_BATCH_EXAMPLES })
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiCreatedResponse({ type: BatchDto, description: 'Every request was made' })
  @ApiAcceptedResponse({ type: BatchDto, description: 'Some have not ended; ask at Location' })
  @ApiResponse({ status: 207, type: BatchDto, description: 'Some were refused or failed' })
  async create(
    @CurrentContext() context: RequestContext,
    @Headers() headers: RequestHeaders,
    @Body() body: CreateBatchDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BatchDto> {
    return this.creation.answer({ context, headers, body, reply });
  }

  @Get('batches/:batchId')
  @Requires(null, { space: 'row' })
  @ApiOperation({ summary: 'A batch with its generations as they are now' })
  @ApiOkResponse({ type: BatchDto })
  async get(@CurrentCaller() caller: Caller, @Param('batchId') id: string): Promise<BatchDto> {
    const { batch, views } = await this.batches.getFor(caller, id);
    return toBatchResponse(batch, views, this.links);
  }
}
