import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../http/public.decorator.js';

const CARD = {
  service: 'atelier',
  status: 'ok',
  version: '0.1.0',
  documentation: '/docs',
  health: '/health',
  openai_base_path: '/v1',
} as const;

@ApiTags('operations')
@Controller()
export class ServiceCardController {
  @Get()
  @Public()
  @ApiOperation({ summary: 'What this service is and where to begin' })
  @ApiOkResponse({ schema: { example: CARD } })
  card(): typeof CARD {
    return CARD;
  }
}
