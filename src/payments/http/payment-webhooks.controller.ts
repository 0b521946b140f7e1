import { Body, Controller, Headers, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiBody,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiTags,
} from '@nestjs/swagger';
import { Public } from '../../http/public.decorator.js';
import type { WebhookHeaders } from '../domain/payment-provider.port.js';
import { SettlePurchaseService } from '../settle-purchase.service.js';

class PaymentNewsResponse {
  @ApiProperty({ type: Boolean })
  received: boolean;
}

@ApiTags('billing')
@Controller('api/v1/payments/webhook')
export class PaymentWebhooksController {
  constructor(private readonly settling: SettlePurchaseService) {}

  @Post(':provider')
  @Public({ rawBody: true })
  @HttpCode(200)
  @ApiOperation({
    summary: 'News from a payment provider',
    description: 'Signed over its bytes. Events that concern no purchase are received and left.',
  })
  @ApiBody({ schema: { type: 'object' } })
  @ApiOkResponse({ type: PaymentNewsResponse })
  @ApiBadRequestResponse({ description: 'The signature is missing or does not fit' })
  async receive(
    @Param('provider') provider: string,
    @Headers() headers: WebhookHeaders,
    @Body() body: unknown,
  ): Promise<PaymentNewsResponse> {
    await this.settling.receive(provider, typeof body === 'string' ? body : '', headers);
    return { received: true };
  }
}
