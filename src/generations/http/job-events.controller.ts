import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import {
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { Requires } from '../../http/requires.decorator.js';
import { JobEvents } from './job-events.js';

const EXAMPLE = `id: queued.1
event: queue
data: {"position":3,"ahead_in_space":2,"estimated_start_s":8}

`;

@ApiTags('image-generations')
@Controller('api/v1/image-generations')
export class JobEventsController {
  constructor(private readonly events: JobEvents) {}

  @Get(':id/events')
  @Requires(null, { space: 'row' })
  @ApiOperation({
    summary: 'Watch a generation until it has ended, by server-sent events',
    description:
      'status {status} · queue {position, ahead_in_space, estimated_start_s?} while it waits · progress {step, fraction} ' +
      'and preview {media_type, b64_json} where the vendor tells them · at the end result (the record) or error ' +
      '{code, message, generation}. A stream that ends without one of these two is to be opened again.',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Id of the last event that was read; the status it names is not told again',
  })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({
    content: { 'text/event-stream': { schema: { type: 'string' }, example: EXAMPLE } },
  })
  @ApiResponse({ status: 429, description: 'Too many generations are watched, by you or by all' })
  async watch(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.events.send(caller, id, lastEventId, reply);
  }
}
