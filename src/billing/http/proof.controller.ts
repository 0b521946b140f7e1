import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { DomainError } from '../../common/domain-error.js';
import { RequiresOperator } from '../../http/requires.decorator.js';
import { LedgerProofsService } from '../ledger-proofs.service.js';
import { ProofResponse, toProofResponse } from './proof.dto.js';

const NOT_YET = 'The books were not proved yet: that is done once a day. POST here does it now.';

@ApiTags('billing')
@Controller('api/v1/billing/proof')
export class ProofController {
  constructor(private readonly proofs: LedgerProofsService) {}

  @Get()
  @RequiresOperator()
  @ApiOperation({ summary: 'Whether the books add up: the last daily proof' })
  @ApiOkResponse({ type: ProofResponse })
  async latest(): Promise<ProofResponse> {
    const proof = await this.proofs.findLatest();
    if (!proof) throw new DomainError('request.not_found', NOT_YET);
    return toProofResponse(proof);
  }

  @Post()
  @HttpCode(200)
  @RequiresOperator()
  @ApiOperation({ summary: 'Prove now that the books add up' })
  @ApiOkResponse({ type: ProofResponse })
  async run(): Promise<ProofResponse> {
    return toProofResponse(await this.proofs.run());
  }
}
