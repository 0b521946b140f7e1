import type { AnyModel, Candidate } from './route-plan.js';

/** What is asked of a model, of whichever kind. */
export interface ModelDemand<M extends AnyModel> {
  kind: M['kind'];
  /** A quick look that throws nothing: false = it surely cannot. */
  mayServe(model: M): boolean;
  /**
   * What the model would be asked for.
   * @throws DomainError `routing.model_retired`, `routing.capability_missing`, `request.invalid`
   */
  fit(model: M): Candidate['size'];
  /** Whether the house speaks to this provider's models of the kind. */
  isSpoken(provider: string): boolean;
  /**
   * Checks the vendor's own options for the provider that comes first; null = there are none.
   * @throws DomainError `request.invalid` naming `provider_options.…`
   */
  assertOptions: ((provider: string) => void) | null;
}
