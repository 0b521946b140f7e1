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
import { PageQueryDto } from '../../http/page-query.dto.js';
import { RequiresOperator } from '../../http/requires.decorator.js';
import { PriceRulesService } from '../price-rules.service.js';
import {
  PriceRuleDto,
  PriceRuleResponse,
  PriceRulesPageResponse,
  toNewRule,
  toPriceRuleResponse,
  toRuleChanges,
  UpdatePriceRuleDto,
} from './price-rules.dto.js';

@ApiTags('billing')
@Controller('api/v1/billing/price-rules')
export class PriceRulesController {
  constructor(private readonly rules: PriceRulesService) {}

  @Post()
  @RequiresOperator()
  @ApiOperation({
    summary: 'Multiply list prices for somebody',
    description: 'The user before the route, the route before the space, the space before all.',
  })
  @ApiCreatedResponse({ type: PriceRuleResponse })
  @ApiConflictResponse({ description: 'There is one for exactly this, or there are too many' })
  async create(
    @CurrentCaller() caller: Caller,
    @Body() body: PriceRuleDto,
  ): Promise<PriceRuleResponse> {
    return toPriceRuleResponse(await this.rules.create(caller, toNewRule(body)));
  }

  @Get()
  @RequiresOperator()
  @ApiOperation({ summary: 'All multipliers, newest first' })
  @ApiOkResponse({ type: PriceRulesPageResponse })
  async list(@Query() query: PageQueryDto): Promise<PriceRulesPageResponse> {
    const page = toIdPageRequest(query);
    return toPage((await this.rules.list(page)).map(toPriceRuleResponse), page.limit);
  }

  @Patch(':id')
  @RequiresOperator()
  @ApiOperation({ summary: 'Change a multiplier; calls under way keep theirs' })
  @ApiOkResponse({ type: PriceRuleResponse })
  async update(
    @Param('id') id: string,
    @Body() body: UpdatePriceRuleDto,
  ): Promise<PriceRuleResponse> {
    return toPriceRuleResponse(await this.rules.change(id, toRuleChanges(body)));
  }

  @Delete(':id')
  @RequiresOperator()
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a multiplier' })
  @ApiNoContentResponse({ description: 'It is gone' })
  async remove(@Param('id') id: string): Promise<void> {
    await this.rules.remove(id);
  }
}
