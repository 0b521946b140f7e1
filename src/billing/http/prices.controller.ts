import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { toPage, toPageRequest } from '../../common/page.js';
import { Requires, RequiresOperator } from '../../http/requires.decorator.js';
import { PriceBook } from '../price-book.js';
import { PriceGapsService } from '../price-gaps.service.js';
import {
  PriceGapsResponse,
  PricesPageResponse,
  PricesQueryDto,
  toPriceGapsResponse,
  toPriceResponse,
} from './prices.dto.js';

@ApiTags('billing')
@Controller('api/v1/billing/prices')
export class PricesController {
  constructor(
    private readonly book: PriceBook,
    private readonly gaps: PriceGapsService,
  ) {}

  @Get()
  @Requires()
  @ApiOperation({
    summary: 'What things cost',
    description: 'In the order of the list. A model without a price is refused, never free.',
  })
  @ApiOkResponse({ type: PricesPageResponse })
  async list(@Query() query: PricesQueryDto): Promise<PricesPageResponse> {
    const page = toPageRequest(query);
    const { versionId, lines } = await this.book.list(query, page);
    const prices = lines.map((line) =>
      toPriceResponse(line, versionId, this.gaps.toLifetime(line.price)),
    );
    return toPage(prices, page.limit);
  }

  @Get('missing')
  @RequiresOperator()
  @ApiOperation({
    summary: 'What is offered and has no price',
    description: 'Such calls are refused until an operator sets a price.',
  })
  @ApiOkResponse({ type: PriceGapsResponse })
  async listMissing(): Promise<PriceGapsResponse> {
    return toPriceGapsResponse(await this.gaps.listGaps());
  }
}
