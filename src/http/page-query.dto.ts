import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from '../common/page.js';

/** The query of every list. Its values are checked by `toPageRequest`. */
export class PageQueryDto {
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: PAGE_LIMIT_MAX,
    default: PAGE_LIMIT_DEFAULT,
  })
  @IsOptional()
  limit?: unknown;

  @ApiPropertyOptional({ type: String, description: 'next_cursor of the page before' })
  @IsOptional()
  cursor?: unknown;
}
