import { DecoratorHandler, type Dispatcher } from 'undici';

type RequestStart = NonNullable<Dispatcher.DispatchHandler['onRequestStart']>;

/**
 * Tells the moment at which a request is written to its socket: before it, a failure is certain to have cost nothing.
 * (The types of undici 7.30 leave out the methods that its DecoratorHandler has.)
 */
export class SentMarkHandler extends DecoratorHandler {
  constructor(
    handler: Dispatcher.DispatchHandler,
    private readonly mark: () => void,
  ) {
    super(handler);
  }

  onRequestStart(...values: Parameters<RequestStart>): void {
    this.mark();
    const base = DecoratorHandler.prototype as Dispatcher.DispatchHandler;
    base.onRequestStart?.apply(this as Dispatcher.DispatchHandler, values);
  }
}
