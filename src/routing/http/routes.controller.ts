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
import { toIdPageRequest, toPage } from '../../common/page.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { RequiresOperator } from '../../http/requires.decorator.js';
import { RoutesService } from '../routes.service.js';
import {
  RouteDto,
  RouteResponse,
  RoutesPageResponse,
  RoutesQueryDto,
  toNewRoute,
  toRouteChanges,
  toRouteResponse,
  UpdateRouteDto,
} from './routes.dto.js';

@ApiTags('models')
@Controller('api/v1/routes')
export class RoutesController {
  constructor(private readonly routes: RoutesService) {}

  @Post()
  @RequiresOperator()
  @ApiOperation({
    summary: 'Give a name to one model or several',
    description:
      "A space's own route counts before a global one, an exact name before a wildcard, a longer wildcard before a " +
      'shorter. A name that is also that of a model stands for the route.',
  })
  @ApiCreatedResponse({ type: RouteResponse })
  @ApiConflictResponse({ description: 'There is a route of this name, or there are too many' })
  async create(@CurrentCaller() caller: Caller, @Body() body: RouteDto): Promise<RouteResponse> {
    return toRouteResponse(await this.routes.create(caller, toNewRoute(body)));
  }

  @Get()
  @RequiresOperator()
  @ApiOperation({ summary: 'All routes, newest first' })
  @ApiOkResponse({ type: RoutesPageResponse })
  async list(@Query() query: RoutesQueryDto): Promise<RoutesPageResponse> {
    const page = toIdPageRequest(query);
    const found = await this.routes.list(page, query.search_space_id?.toLowerCase() ?? null);
    return toPage(found.map(toRouteResponse), page.limit);
  }

  @Get(':id')
  @RequiresOperator()
  @ApiOperation({ summary: 'One route' })
  @ApiOkResponse({ type: RouteResponse })
  async get(@Param('id') id: string): Promise<RouteResponse> {
    return toRouteResponse(await this.routes.get(id));
  }

  @Patch(':id')
  @RequiresOperator()
  @ApiOperation({ summary: 'Change what a name stands for; calls under way go on as they are' })
  @ApiOkResponse({ type: RouteResponse })
  async update(@Param('id') id: string, @Body() body: UpdateRouteDto): Promise<RouteResponse> {
    return toRouteResponse(await this.routes.change(id, toRouteChanges(body)));
  }

  @Delete(':id')
  @RequiresOperator()
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a route; its name is that of a model again, or of nothing' })
  @ApiNoContentResponse({ description: 'It is gone' })
  async remove(@Param('id') id: string): Promise<void> {
    await this.routes.remove(id);
  }
}
