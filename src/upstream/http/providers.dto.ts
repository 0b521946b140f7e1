import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { LINE_FORM, LINE_MESSAGE } from '../../common/text-form.js';
import type { OfferedProvider } from '../offered-providers.service.js';
import { type Analytics, ANALYTICS_ROWS_MAX } from '../upstream-analytics.service.js';
import { FiguresResponse, toFiguresResponse } from './figures.response.js';

const NAME_LENGTH_MAX = 200;

export class OfferedProviderResponse {
  @ApiProperty({ type: String, example: 'openai' })
  id: string;

  @ApiProperty({ type: [String], enum: ['image', 'chat', 'embedding'], example: ['image', 'chat'] })
  kinds: readonly string[];

  @ApiProperty({ type: Boolean, description: 'Whether the house has a connection to it' })
  is_configured: boolean;
}

export class ProvidersResponse {
  @ApiProperty({ type: [OfferedProviderResponse] })
  data: OfferedProviderResponse[];
}

export class AnalyticsQueryDto {
  @ApiPropertyOptional({
    type: String,
    format: 'date',
    example: '2026-11-15',
    description: 'First day, UTC; seven days before the end when left out',
  })
  @IsOptional()
  @IsString()
  from?: string;

  @ApiPropertyOptional({
    type: String,
    format: 'date',
    example: '2026-11-21',
    description: 'Last day, UTC, included; today when left out',
  })
  @IsOptional()
  @IsString()
  to?: string;

  @ApiPropertyOptional({ type: String, example: 'openai' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  provider?: string;

  @ApiPropertyOptional({ type: String, example: 'gpt-image-2' })
  @IsOptional()
  @IsString()
  @Matches(LINE_FORM, { message: LINE_MESSAGE })
  @MaxLength(NAME_LENGTH_MAX)
  model?: string;
}

export class AnalyticsRowResponse extends FiguresResponse {
  @ApiProperty({ type: String, format: 'date', example: '2026-11-21' })
  day: string;

  @ApiProperty({ type: String, example: 'openai' })
  provider: string;

  @ApiProperty({ type: String, example: 'gpt-image-2' })
  model: string;
}

export class AnalyticsResponse {
  @ApiProperty({ type: String, format: 'date', example: '2026-11-15' })
  from: string;

  @ApiProperty({ type: String, format: 'date', example: '2026-11-21' })
  to: string;

  @ApiProperty({ type: [AnalyticsRowResponse], description: 'Newest day first' })
  data: AnalyticsRowResponse[];

  @ApiProperty({
    type: Boolean,
    description: `True: there are more than ${ANALYTICS_ROWS_MAX} rows; ask for fewer days, or one provider`,
  })
  is_cut: boolean;
}

export function toProvidersResponse(providers: readonly OfferedProvider[]): ProvidersResponse {
  return {
    data: providers.map(({ id, kinds, isConfigured }) => ({
      id,
      kinds,
      is_configured: isConfigured,
    })),
  };
}

export function toAnalyticsResponse({ from, to, rows, isCut }: Analytics): AnalyticsResponse {
  const data = rows.map(({ day, provider, model, figures }) => ({
    day,
    provider,
    model,
    ...toFiguresResponse(figures),
  }));
  return { from, to, data, is_cut: isCut };
}
