import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { isModelAllowed } from '../../common/assert-model-allowed.js';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { Requires } from '../../http/requires.decorator.js';
import { RoutingService } from '../routing.service.js';
import { ModelListDto, toModelDto } from './models.dto.js';

@ApiTags('models')
@Controller('api/v1/models')
export class ModelsController {
  constructor(private readonly routing: RoutingService) {}

  @Get()
  @Requires(null, { scopes: ['models.list'] })
  @ApiOperation({
    summary: 'Every model of the catalogue, what it takes and whether it is served',
    description: 'For a key: those it may ask for.',
  })
  @ApiOkResponse({ type: ModelListDto })
  list(@CurrentCaller() caller: Caller): ModelListDto {
    const offered = this.routing.listModels();
    const allowed = offered.filter(({ model }) => isModelAllowed(caller, model.id));
    return { data: allowed.map(toModelDto) };
  }
}
