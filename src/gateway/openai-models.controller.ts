import { Controller, Get, Headers, Param } from '@nestjs/common';
import {
  ApiExcludeEndpoint,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { Caller } from '../common/caller.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { Requires } from '../http/requires.decorator.js';
import { OpenaiModelDto, OpenaiModelListDto } from './openai-models.dto.js';
import { OpenaiModelsService } from './openai-models.service.js';

const SPACE_HEADER = {
  name: 'x-search-space-id',
  required: false,
  description: "The space that is asked about; without it, a key's own, or all of a session's",
};

@ApiTags('openai')
@Controller('v1/models')
export class OpenaiModelsController {
  constructor(private readonly models: OpenaiModelsService) {}

  @Get()
  @Requires(null, { scopes: ['models.list'] })
  @ApiOperation({ summary: 'The names that can be asked for now, as any OpenAI client lists them' })
  @ApiHeader(SPACE_HEADER)
  @ApiOkResponse({ type: OpenaiModelListDto })
  async list(
    @CurrentCaller() caller: Caller,
    @Headers('x-search-space-id') spaceId?: string,
  ): Promise<OpenaiModelListDto> {
    return this.models.list(caller, spaceId || null);
  }

  @Get(':model')
  @Requires(null, { scopes: ['models.list'] })
  @ApiOperation({
    summary: 'One of these names',
    description: 'A name with slashes may be written with %2F or as it is.',
  })
  @ApiHeader(SPACE_HEADER)
  @ApiParam({ name: 'model', type: String, example: 'embedded-image' })
  @ApiOkResponse({ type: OpenaiModelDto })
  async get(
    @CurrentCaller() caller: Caller,
    @Param('model') name: string,
    @Headers('x-search-space-id') spaceId?: string,
  ): Promise<OpenaiModelDto> {
    return this.models.get(caller, spaceId || null, name);
  }

  @Get('*')
  @Requires(null, { scopes: ['models.list'] })
  @ApiExcludeEndpoint()
  async getSlashed(
    @CurrentCaller() caller: Caller,
    @Param('*') name: string,
    @Headers('x-search-space-id') spaceId?: string,
  ): Promise<OpenaiModelDto> {
    return this.models.get(caller, spaceId || null, name);
  }
}
