import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../../common/caller.js';
import { CurrentCaller } from '../../http/caller.decorator.js';
import { RequiresSession } from '../../http/requires.decorator.js';
import { ConnectionProbesService } from '../connection-probes.service.js';
import { ModelTrialsService } from '../model-trials.service.js';
import {
  DiscoveryResponse,
  ProbeResponse,
  toDiscoveryResponse,
  toProbeResponse,
  toTrialResponse,
  TrialResponse,
} from './connection-probes.dto.js';
import { TestConnectionDto } from './connections.dto.js';
import { toConnectionTarget } from './to-connection-input.js';
import { ModelNamePipe } from './model-name.pipe.js';

@ApiTags('connections')
@Controller('api/v1/connections')
export class ConnectionProbesController {
  constructor(
    private readonly probes: ConnectionProbesService,
    private readonly trials: ModelTrialsService,
  ) {}

  @Post('test-preview')
  @RequiresSession()
  @HttpCode(200)
  @ApiOperation({
    summary: 'See whether a credential works, before it is kept',
    description: 'Asks the vendor for at most 8 s what costs nothing.',
  })
  @ApiOkResponse({ type: ProbeResponse })
  async testPreview(
    @CurrentCaller() caller: Caller,
    @Body() body: TestConnectionDto,
  ): Promise<ProbeResponse> {
    return toProbeResponse(await this.probes.testPreview(caller, toConnectionTarget(body)));
  }

  @Post('discover-preview')
  @RequiresSession()
  @HttpCode(200)
  @ApiOperation({
    summary: 'See which models a credential reaches, before it is kept',
    description: 'Asks the vendor for at most 15 s.',
  })
  @ApiOkResponse({ type: DiscoveryResponse })
  async discoverPreview(
    @CurrentCaller() caller: Caller,
    @Body() body: TestConnectionDto,
  ): Promise<DiscoveryResponse> {
    const target = toConnectionTarget(body);
    return toDiscoveryResponse(await this.probes.discoverPreview(caller, target));
  }

  @Post(':id/verify')
  @RequiresSession()
  @HttpCode(200)
  @ApiOperation({
    summary: 'See whether a connection works',
    description: 'Asks the vendor for at most 8 s what costs nothing.',
  })
  @ApiOkResponse({ type: ProbeResponse })
  async verify(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<ProbeResponse> {
    return toProbeResponse(await this.probes.verify(caller, id));
  }

  @Post(':id/discover')
  @RequiresSession()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Ask the vendor which models there are',
    description: 'For at most 15 s. What is new arrives disabled.',
  })
  @ApiOkResponse({ type: DiscoveryResponse })
  async discover(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<DiscoveryResponse> {
    return toDiscoveryResponse(await this.probes.discover(caller, id));
  }

  @Post(':id/models/:name/test')
  @RequiresSession()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Try one model',
    description:
      'Chat and embedding models are called for a few tokens, which the holder of the connection pays at the vendor; of ' +
      'image models the key alone is tried. At most 30 s. A name with slashes is written with %2F.',
  })
  @ApiOkResponse({ type: TrialResponse })
  async test(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Param('name', ModelNamePipe) name: string,
  ): Promise<TrialResponse> {
    return toTrialResponse(await this.trials.try(caller, id, name));
  }
}
