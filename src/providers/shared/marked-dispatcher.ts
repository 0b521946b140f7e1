import { Dispatcher } from 'undici';
import { SentMarkHandler } from './sent-mark.handler.js';

/** Another dispatcher for one request, that tells when it is written to its socket. */
export class MarkedDispatcher extends Dispatcher {
  constructor(
    private readonly inner: Dispatcher,
    private readonly mark: () => void,
  ) {
    super();
  }

  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    return this.inner.dispatch(options, new SentMarkHandler(handler, this.mark));
  }
}
