import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
} from '@nestjs/common';
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
import { Requires, RequiresSession } from '../../http/requires.decorator.js';
import { BudgetViewsService } from '../budget-views.service.js';
import { BudgetsService } from '../budgets.service.js';
import { KeyBudgetsService } from '../key-budgets.service.js';
import { BudgetResponse, BudgetsPageResponse, toBudgetResponse } from './budget.response.js';
import { CreateBudgetDto, KeyLimitsDto, ListBudgetsDto, UpdateBudgetDto } from './budgets.dto.js';
import { KeyBudgetsResponse, toKeyBudgetsResponse } from './key-budgets.response.js';
import { toBudgetChanges, toBudgetFilter, toBudgetInput, toKeyLimits } from './to-budget-input.js';

@ApiTags('billing')
@Controller('api/v1/billing/budgets')
export class BudgetsController {
  constructor(
    private readonly budgets: BudgetsService,
    private readonly views: BudgetViewsService,
    private readonly keys: KeyBudgetsService,
  ) {}

  @Post()
  @RequiresSession()
  @ApiOperation({
    summary: 'Cap what may be spent',
    description:
      'Every budget that concerns a call must admit it: one more can only deny more. With settings:update in the ' +
      'space for scope space, member and key; operators for all scopes.',
  })
  @ApiCreatedResponse({ type: BudgetResponse })
  @ApiConflictResponse({ description: 'The name is in use, or there are too many' })
  async create(
    @CurrentCaller() caller: Caller,
    @Body() body: CreateBudgetDto,
  ): Promise<BudgetResponse> {
    return toBudgetResponse(await this.budgets.create(caller, toBudgetInput(body)));
  }

  @Get()
  @Requires(null, { space: 'row', scopes: ['budget.read'] })
  @ApiOperation({
    summary: 'Budgets, newest first',
    description: 'Those of one space, with settings:view there; operators may ask for all.',
  })
  @ApiOkResponse({ type: BudgetsPageResponse })
  async list(
    @CurrentCaller() caller: Caller,
    @Query() query: ListBudgetsDto,
  ): Promise<BudgetsPageResponse> {
    const page = toIdPageRequest(query);
    const budgets = await this.views.list(caller, toBudgetFilter(query), page);
    return toPage(budgets.map(toBudgetResponse), page.limit);
  }

  @Put('keys/:apiKeyId')
  @RequiresSession()
  @ApiOperation({
    summary: 'Set quota and spend windows of an API key',
    description:
      'Hard budgets of the key, made, changed or deleted together; what it has spent stays. With settings:update in ' +
      'its space, or as an operator, whose limits bind beside those of the space.',
  })
  @ApiOkResponse({ type: KeyBudgetsResponse })
  async setKeyLimits(
    @CurrentCaller() caller: Caller,
    @Param('apiKeyId') apiKeyId: string,
    @Body() body: KeyLimitsDto,
  ): Promise<KeyBudgetsResponse> {
    return toKeyBudgetsResponse(await this.keys.set(caller, apiKeyId, toKeyLimits(body)));
  }

  @Get(':id')
  @Requires(null, { space: 'row', scopes: ['budget.read'] })
  @ApiOperation({ summary: 'One budget as it stands' })
  @ApiOkResponse({ type: BudgetResponse })
  async get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<BudgetResponse> {
    return toBudgetResponse(await this.views.get(caller, id));
  }

  @Patch(':id')
  @RequiresSession()
  @ApiOperation({
    summary: 'Change a budget',
    description: 'Holds for the next call. What is left out stays as it is.',
  })
  @ApiOkResponse({ type: BudgetResponse })
  @ApiConflictResponse({ description: 'The name is in use' })
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateBudgetDto,
  ): Promise<BudgetResponse> {
    return toBudgetResponse(await this.budgets.update(caller, id, toBudgetChanges(body)));
  }

  @Post(':id/reset')
  @HttpCode(200)
  @RequiresSession()
  @ApiOperation({
    summary: 'Begin a new period now, with nothing spent',
    description: 'Calls under way count in the period that admitted them.',
  })
  @ApiOkResponse({ type: BudgetResponse })
  @ApiConflictResponse({ description: 'The budget has ended' })
  async reset(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<BudgetResponse> {
    return toBudgetResponse(await this.budgets.reset(caller, id));
  }

  @Delete(':id')
  @HttpCode(204)
  @RequiresSession()
  @ApiOperation({ summary: 'Delete a budget; what it counted stays in the books' })
  @ApiNoContentResponse({ description: 'It denies nothing any more' })
  async remove(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    await this.budgets.remove(caller, id);
  }
}
