import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { RequiresOperator } from '../../http/requires.decorator.js';
import { ConnectionCooldownsService } from '../connection-cooldowns.service.js';

class ClearedResponse {
  @ApiProperty({ type: String, example: 'env:openai' })
  id: string;

  @ApiProperty({ type: 'integer', description: 'Cooldowns and breakers there were' })
  cleared: number;
}

@ApiTags('connections')
@Controller('api/v1/connections')
export class ConnectionCooldownsController {
  constructor(private readonly cooldowns: ConnectionCooldownsService) {}

  @Post(':id/clear-cooldown')
  @HttpCode(200)
  @RequiresOperator()
  @ApiOperation({
    summary: 'Let a connection be called again',
    description: 'Ends its cooldowns and closes its breaker, in every process within a second.',
  })
  @ApiOkResponse({ type: ClearedResponse })
  async clear(@Param('id') id: string): Promise<ClearedResponse> {
    return { id, cleared: await this.cooldowns.clear(id) };
  }
}
