import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { Requires } from '../../http/requires.decorator.js';
import { LineageService } from '../lineage/lineage.service.js';
import { LineageDto, toLineageDto } from './lineage.dto.js';

@ApiTags('image-generations')
@Controller('api/v1/image-generations')
export class LineageController {
  constructor(private readonly lineage: LineageService) {}

  @Get(':id/lineage')
  @Requires(null, { space: 'row' })
  @ApiOperation({
    summary: 'What a generation was made of, and what was made of it',
    description: 'Up to 10 steps up and down and 200 generations of its space, as a graph.',
  })
  @ApiOkResponse({ type: LineageDto })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<LineageDto> {
    return toLineageDto(await this.lineage.get(caller, id));
  }
}
