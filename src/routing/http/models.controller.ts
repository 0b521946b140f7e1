import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { Requires, RequiresOperator } from '../../http/requires.decorator.js';
import { ModelsService } from '../models.service.js';
import { ModelListDto, toModelDto } from './models.dto.js';

@ApiTags('models')
@Controller('api/v1/models')
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Get()
  @Requires(null, { scopes: ['models.list'] })
  @ApiOperation({
    summary: 'Every name that can be asked for, what it takes and whether it is served',
    description:
      "For a key: those it may ask for, with the own connections and routes of its space. For a session: the house's.",
  })
  @ApiOkResponse({ type: ModelListDto })
  async list(@CurrentCaller() caller: Caller): Promise<ModelListDto> {
    return { data: (await this.models.list(caller, caller.boundSpaceId)).map(toModelDto) };
  }

  @Post('invalidate-cache')
  @RequiresOperator({ scopes: ['admin.cache'] })
  @HttpCode(204)
  @ApiOperation({ summary: 'Make every process ask the database anew for all that it keeps' })
  @ApiNoContentResponse({ description: 'Within a second nothing older is answered by' })
  async invalidate(): Promise<void> {
    await this.models.invalidate();
  }
}
