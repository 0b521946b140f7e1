import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { PageQueryDto } from '../../http/page-query.dto.js';
import { RequiresSession } from '../../http/requires.decorator.js';
import { OwnSessionsService } from '../own-sessions.service.js';
import { SessionsPageResponse, toSessionResponse } from './sessions.dto.js';

@ApiTags('auth')
@Controller('api/v1/auth/sessions')
export class SessionsController {
  constructor(private readonly sessions: OwnSessionsService) {}

  @Get()
  @RequiresSession()
  @ApiOperation({ summary: 'Your open sessions, newest first' })
  @ApiOkResponse({ type: SessionsPageResponse })
  async list(
    @CurrentCaller() caller: Caller,
    @Query() query: PageQueryDto,
  ): Promise<SessionsPageResponse> {
    const page = toIdPageRequest(query);
    const sessions = await this.sessions.list(caller, page);
    return toPage(
      sessions.map((session) => toSessionResponse(session, caller)),
      page.limit,
    );
  }

  @Delete()
  @RequiresSession()
  @HttpCode(204)
  @ApiOperation({ summary: 'End all of your sessions but this one' })
  @ApiNoContentResponse({ description: 'They have ended, everywhere within a second' })
  async endOthers(@CurrentCaller() caller: Caller): Promise<void> {
    await this.sessions.endOthers(caller);
  }

  @Delete(':id')
  @RequiresSession()
  @HttpCode(204)
  @ApiOperation({ summary: 'End one of your sessions' })
  @ApiNoContentResponse({ description: 'It has ended, everywhere within a second' })
  async end(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    await this.sessions.end(caller, id);
  }
}
