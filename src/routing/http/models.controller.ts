import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../../http/requires.decorator.js';
import { RoutingService } from '../routing.service.js';
import { ModelListDto, toModelDto } from './models.dto.js';

@ApiTags('models')
@Controller('api/v1/models')
export class ModelsController {
  constructor(private readonly routing: RoutingService) {}

  @Get()
  @Requires()
  @ApiOperation({ summary: 'Every model of the catalogue, what it takes and whether it is served' })
  @ApiOkResponse({ type: ModelListDto })
  list(): ModelListDto {
    return { data: this.routing.listModels().map(toModelDto) };
  }
}
