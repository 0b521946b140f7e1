import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
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
import { PriceOverridesService } from '../price-overrides.service.js';
import {
  ImportPricesDto,
  ImportPricesResponse,
  PriceOverrideDto,
  PriceOverrideResponse,
  PriceOverridesPageResponse,
  toImportOptions,
  toImportResponse,
  toOverrideOptions,
  toPrice,
  toPriceOverrideResponse,
} from './price-overrides.dto.js';

@ApiTags('billing')
@Controller('api/v1/billing/prices')
export class PriceOverridesController {
  constructor(private readonly overrides: PriceOverridesService) {}

  @Post('overrides')
  @RequiresOperator()
  @ApiOperation({
    summary: 'Set a price',
    description:
      'Instead of the built-in lines for that model and unit. Calls under way are charged at the price they began with.',
  })
  @ApiCreatedResponse({ type: PriceOverrideResponse })
  async create(
    @CurrentCaller() caller: Caller,
    @Body() body: PriceOverrideDto,
  ): Promise<PriceOverrideResponse> {
    const options = toOverrideOptions(body);
    return toPriceOverrideResponse(await this.overrides.create(caller, toPrice(body), options));
  }

  @Get('overrides')
  @RequiresOperator()
  @ApiOperation({ summary: 'The prices that were set, newest first' })
  @ApiOkResponse({ type: PriceOverridesPageResponse })
  async list(@Query() query: PageQueryDto): Promise<PriceOverridesPageResponse> {
    const page = toIdPageRequest(query);
    return toPage((await this.overrides.list(page)).map(toPriceOverrideResponse), page.limit);
  }

  @Delete('overrides/:id')
  @RequiresOperator()
  @HttpCode(204)
  @ApiOperation({ summary: 'Take a price back; what it had replaced counts again' })
  @ApiNoContentResponse({ description: 'It is gone' })
  async remove(@Param('id') id: string): Promise<void> {
    await this.overrides.remove(id);
  }

  @Post('import')
  @RequiresOperator()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Set a whole list of prices',
    description: 'All lines or none: a faulty line is named by its place and field.',
  })
  @ApiOkResponse({ type: ImportPricesResponse })
  async import(
    @CurrentCaller() caller: Caller,
    @Body() body: ImportPricesDto,
  ): Promise<ImportPricesResponse> {
    const options = toImportOptions(body);
    const result = await this.overrides.import(caller, body.lines, options);
    return toImportResponse(result, options.isDryRun);
  }
}
