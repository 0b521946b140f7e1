import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { toPage, toPageRequest } from '../../common/page.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { RequiresSession } from '../../http/requires.decorator.js';
import { ConnectionsService } from '../connections.service.js';
import {
  ConnectionResponse,
  ConnectionsPageResponse,
  toConnectionResponse,
} from './connection.response.js';
import { CreateConnectionDto, ListConnectionsDto, UpdateConnectionDto } from './connections.dto.js';
import { toConnectionChanges, toConnectionDraft } from './to-connection-input.js';

@ApiTags('connections')
@Controller('api/v1/connections')
export class ConnectionsController {
  constructor(private readonly connections: ConnectionsService) {}

  @Post()
  @RequiresSession()
  @ApiOperation({
    summary: 'Keep a credential at a vendor',
    description:
      "Of scope user for the spaces you own, of scope space with llm_configs:create there; the house's by operators " +
      'alone. Calls on your own are charged by the vendor and not here.',
  })
  @ApiCreatedResponse({ type: ConnectionResponse })
  @ApiConflictResponse({ description: 'There are too many' })
  async create(
    @CurrentCaller() caller: Caller,
    @Body() body: CreateConnectionDto,
  ): Promise<ConnectionResponse> {
    const whose = { scope: body.scope, searchSpaceId: body.search_space_id };
    const made = await this.connections.create(caller, toConnectionDraft(body), whose);
    return toConnectionResponse(made);
  }

  @Get()
  @RequiresSession()
  @ApiOperation({
    summary: 'Connections, newest first',
    description:
      "Your own, and the house's for operators; with search_space_id those of the space, with llm_configs:read there.",
  })
  @ApiOkResponse({ type: ConnectionsPageResponse })
  async list(
    @CurrentCaller() caller: Caller,
    @Query() query: ListConnectionsDto,
  ): Promise<ConnectionsPageResponse> {
    const page = toPageRequest(query);
    const { scope, search_space_id: searchSpaceId, provider } = query;
    const listed = await this.connections.list(caller, { scope, searchSpaceId, provider }, page);
    return toPage(listed.map(toConnectionResponse), page.limit);
  }

  @Get(':id')
  @RequiresSession()
  @ApiOperation({ summary: 'One connection' })
  @ApiOkResponse({ type: ConnectionResponse })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<ConnectionResponse> {
    return toConnectionResponse(await this.connections.get(caller, id));
  }

  @Patch(':id')
  @RequiresSession()
  @ApiOperation({
    summary: 'Change a connection',
    description:
      'Holds for the next call. What is left out stays as it is. Of a connection of the settings, address and key are ' +
      'changed there.',
  })
  @ApiOkResponse({ type: ConnectionResponse })
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateConnectionDto,
  ): Promise<ConnectionResponse> {
    const changes = toConnectionChanges(body);
    return toConnectionResponse(await this.connections.update(caller, id, changes));
  }

  @Delete(':id')
  @RequiresSession()
  @HttpCode(204)
  @ApiOperation({
    summary: 'Delete a connection with its models',
    description: 'What runs on it ends with an error that says so.',
  })
  @ApiNoContentResponse({ description: 'It is gone' })
  @ApiConflictResponse({ description: 'It comes from the settings: disable it' })
  async remove(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    await this.connections.remove(caller, id);
  }
}
