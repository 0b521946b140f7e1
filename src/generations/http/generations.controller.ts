import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../common/caller.js';
import { toPageRequest } from '../../common/page.js';
import { CurrentCaller, CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires } from '../../http/requires.decorator.js';
import { EndGenerationService } from '../end-generation.service.js';
import { GenerationLinks } from '../generation-links.js';
import { ViewGenerationsService } from '../view-generations.service.js';
import { CreateGenerationDto } from './create-generation.dto.js';
import { CREATE_GENERATION_EXAMPLES } from './create-generation.examples.js';
import { DeletedDto, GenerationDto, GenerationsPageDto } from './generation.dto.js';
import { ListGenerationsDto, toHistoryFilter } from './list-generations.dto.js';
import { NativeCreation, type RequestHeaders } from './native-creation.js';
import { toGenerationResponse } from './to-generation-response.js';

@ApiTags('image-generations')
@Controller('api/v1/image-generations')
export class GenerationsController {
  constructor(
    private readonly creation: NativeCreation,
    private readonly views: ViewGenerationsService,
    private readonly ends: EndGenerationService,
    private readonly links: GenerationLinks,
  ) {}

  @Post()
  @Requires('image_generations:create', { makesPictures: true })
  @ApiOperation({ summary: 'Make pictures' })
  @ApiBody({ type: CreateGenerationDto, examples: CREATE_GENERATION_EXAMPLES })
  @ApiHeader({
    name: 'Prefer',
    required: false,
    description: 'wait=N (1–100 s) bounds the wait; respond-async answers at once (RFC 7240)',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'A repeat with the same key and body answers from the first and costs nothing',
  })
  @ApiCreatedResponse({ type: GenerationDto, description: 'At least one picture was made' })
  @ApiAcceptedResponse({ type: GenerationDto, description: 'Not ended yet; ask at Location' })
  @ApiResponse({ status: 402, description: 'The wallet does not cover what this may cost' })
  @ApiResponse({ status: 410, description: 'The model was shut down; its successor is named' })
  @ApiConflictResponse({ description: 'The request with this Idempotency-Key still runs' })
  @ApiResponse({ status: 422, description: 'Content refused, or the key was used otherwise' })
  @ApiResponse({ status: 502, description: 'The provider failed; the record is in the body' })
  @ApiResponse({
    status: 503,
    description: 'No connection serves the model, or the process is stopping',
  })
  @ApiResponse({ status: 504, description: 'The provider did not answer in time' })
  async create(
    @CurrentContext() context: RequestContext,
    @Headers() headers: RequestHeaders,
    @Body() body: CreateGenerationDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<GenerationDto> {
    return this.creation.answer({ context, headers, body, reply });
  }

  @Get()
  @Requires(null, { space: 'row' })
  @ApiOperation({
    summary: 'The history: generations the caller may read, newest first',
    description:
      'Filters and a search over prompts may be joined. A cursor belongs to the filters and the order it came with.',
  })
  @ApiOkResponse({ type: GenerationsPageDto })
  async list(
    @CurrentCaller() caller: Caller,
    @Query() query: ListGenerationsDto,
  ): Promise<GenerationsPageDto> {
    const found = await this.views.list(caller, toHistoryFilter(query), toPageRequest(query));
    return { ...found, data: found.data.map((view) => toGenerationResponse(view, this.links)) };
  }

  @Get(':id')
  @Requires(null, { space: 'row' })
  @ApiOperation({ summary: 'One generation with fresh links' })
  @ApiOkResponse({ type: GenerationDto })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<GenerationDto> {
    const view = await this.views.getFor(caller, id, 'image_generations:read');
    return toGenerationResponse(view, this.links);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Requires(null, { space: 'row' })
  @ApiOperation({
    summary: 'Stop a generation that has not ended',
    description:
      'Waiting in the queue it costs nothing. Running, it is told to stop: pictures that have ' +
      'arrived by then are kept and charged, otherwise nothing is, unless the vendor of the model ' +
      'bills canceled jobs (charges_canceled).',
  })
  @ApiOkResponse({ type: GenerationDto })
  @ApiConflictResponse({ description: 'It has ended already' })
  async cancel(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<GenerationDto> {
    await this.ends.cancel(await this.views.getFor(caller, id, 'image_generations:create'));
    return toGenerationResponse(await this.views.get(id), this.links);
  }

  @Delete(':id')
  @Requires(null, { space: 'row' })
  @ApiOperation({ summary: 'Remove a generation, its pictures and every link to them' })
  @ApiOkResponse({ type: DeletedDto })
  @ApiConflictResponse({ description: 'It has not ended; cancel it first' })
  async remove(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<DeletedDto> {
    await this.ends.remove(await this.views.getFor(caller, id, 'image_generations:delete'));
    return { message: 'Image generation deleted.' };
  }
}
