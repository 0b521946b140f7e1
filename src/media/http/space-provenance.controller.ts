import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { assert } from '../../common/assert.js';
import { CurrentContext } from '../../http/caller.decorator.js';
import type { RequestContext } from '../../http/request-context.js';
import { Requires, RequiresSession } from '../../http/requires.decorator.js';
import type { ProvenanceChoice } from '../domain/space-provenance.js';
import { SpaceProvenanceService } from '../provenance/space-provenance.service.js';
import { SpaceProvenanceDto } from './space-provenance.dto.js';

@ApiTags('search-spaces')
@Controller('api/v1/search-spaces/:spaceId/provenance')
export class SpaceProvenanceController {
  constructor(private readonly provenance: SpaceProvenanceService) {}

  @Get()
  @Requires('settings:view', { space: 'path' })
  @ApiParam({ name: 'spaceId', type: String })
  @ApiOperation({ summary: 'How the pictures of a space are marked' })
  @ApiOkResponse({ type: SpaceProvenanceDto })
  async get(@CurrentContext() { spaceId }: RequestContext): Promise<SpaceProvenanceDto> {
    assert(spaceId, 'marks were asked for in no space');
    return toDto(await this.provenance.get(spaceId));
  }

  @Put()
  @RequiresSession('settings:update', { space: 'path' })
  @ApiParam({ name: 'spaceId', type: String })
  @ApiOperation({
    summary: 'Choose how the pictures of a space are marked',
    description: 'What is stored says in XMP that a model made it, whatever is chosen here.',
  })
  @ApiOkResponse({ type: SpaceProvenanceDto })
  async set(
    @CurrentContext() { spaceId }: RequestContext,
    @Body() { mark_relayed: marksRelayed, c2pa: signsC2pa }: SpaceProvenanceDto,
  ): Promise<SpaceProvenanceDto> {
    assert(spaceId, 'marks were chosen in no space');
    return toDto(await this.provenance.set(spaceId, { marksRelayed, signsC2pa }));
  }
}

function toDto({ marksRelayed, signsC2pa }: ProvenanceChoice): SpaceProvenanceDto {
  return { mark_relayed: marksRelayed, c2pa: signsC2pa };
}
