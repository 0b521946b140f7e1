import { Controller, Get, Headers, HttpCode, Post } from '@nestjs/common';
import {
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Caller } from '../common/caller.js';
import { CurrentCaller } from '../http/caller.decorator.js';
import { Requires, RequiresOperator } from '../http/requires.decorator.js';
import { ModelsService } from '../routing/models.service.js';
import { ModelPrices } from './model-prices.js';
import { ModelListDto, toModelDto } from './models.dto.js';
import { ReachableModels } from './reachable-models.js';

@ApiTags('models')
@Controller('api/v1/models')
export class ModelsController {
  constructor(
    private readonly reachable: ReachableModels,
    private readonly prices: ModelPrices,
    private readonly models: ModelsService,
  ) {}

  @Get()
  @Requires(null, { scopes: ['models.list'] })
  @ApiOperation({
    summary:
      'Every name that can be asked for, what it takes, what it costs and whether it is served',
    description:
      'For a key: those it may ask for, with the own connections and routes of its space. For a session: those of the ' +
      "space in x-search-space-id, else of all the user's spaces.",
  })
  @ApiHeader({
    name: 'x-search-space-id',
    required: false,
    description: 'The space that is asked about',
  })
  @ApiOkResponse({ type: ModelListDto })
  async list(
    @CurrentCaller() caller: Caller,
    @Headers('x-search-space-id') spaceId?: string,
  ): Promise<ModelListDto> {
    const offered = await this.reachable.list(caller, spaceId || null);
    const findPrice = await this.prices.open();
    return { data: offered.map((one) => toModelDto(one, findPrice)) };
  }

  @Post('invalidate-cache')
  @RequiresOperator({ scopes: ['admin.cache'] })
  @HttpCode(204)
  @ApiOperation({ summary: 'Make every process ask anew for all that it keeps' })
  @ApiNoContentResponse({ description: 'Within a second nothing older is answered by' })
  async invalidate(): Promise<void> {
    await this.models.invalidate();
  }
}
