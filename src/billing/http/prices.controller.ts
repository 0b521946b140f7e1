import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { toPage, toPageRequest } from '../../common/page.js';
import { Requires } from '../../http/requires.decorator.js';
import { PriceBook } from '../price-book.js';
import { PricesPageResponse, PricesQueryDto, toPriceResponse } from './prices.dto.js';

@ApiTags('billing')
@Controller('api/v1/billing/prices')
export class PricesController {
  constructor(private readonly book: PriceBook) {}

  @Get()
  @Requires()
  @ApiOperation({
    summary: 'What things cost',
    description: 'In the order of the list. A model without a price is refused, never free.',
  })
  @ApiOkResponse({ type: PricesPageResponse })
  list(@Query() query: PricesQueryDto): PricesPageResponse {
    const page = toPageRequest(query);
    const { versionId, lines } = this.book.list(query, page);
    const prices = lines.map(({ price, line }) => toPriceResponse(price, line, versionId));
    return toPage(prices, page.limit);
  }
}
