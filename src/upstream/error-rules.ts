import { Injectable, Logger } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { ERROR_FACES } from '../http/error-map.js';
import { ProviderError } from '../providers/spec/provider.errors.js';
import { type ErrorRule, RESPONSE_STATUS_MAX, RESPONSE_STATUS_MIN } from './domain/error-rule.js';
import { ErrorRulesState } from './error-rules-state.js';
import { toPassedOnWords } from './to-passed-on-words.js';

/** What operators want callers to be told of failures of vendors. */
@Injectable()
export class ErrorRules {
  private readonly logger = new Logger(ErrorRules.name);

  constructor(private readonly state: ErrorRulesState) {}

  /**
   * What the caller is told: by the first rule that matches, else the error itself. Its code stays, and with it whether
   * asking again is advised. Never throws: without the rules a failure is told as it is.
   */
  async apply(error: ProviderError): Promise<DomainError> {
    const rule = await this.find(error);
    if (!rule) return error;
    const { code, details, retryAfterS } = error;
    const message = rule.customMessage ?? toPassedOnWords(error) ?? error.message;
    const answerStatus = chooseStatus(rule, error);
    return new DomainError(code, message, { details, retryAfterS, answerStatus, cause: error });
  }

  /** Whether the first rule that matches wants such failures counted nowhere. Never throws. */
  async isUnmonitored(error: unknown): Promise<boolean> {
    if (!(error instanceof ProviderError)) return false;
    return (await this.find(error))?.skipsMonitoring ?? false;
  }

  private async find(error: ProviderError): Promise<ErrorRule | null> {
    // A call that was called off did not fail.
    if (error.kind === 'canceled') return null;
    const { provider, status, vendorWords: words } = error;
    try {
      return (await this.state.current()).find({ provider, status, words });
    } catch (thrown) {
      this.logger.warn(`the error rules cannot be read: ${(thrown as Error).message}`);
      return null;
    }
  }
}

/** Always one: it also tells that a rule has spoken. */
function chooseStatus({ responseStatus }: ErrorRule, { status, code }: ProviderError): number {
  if (responseStatus !== null) return responseStatus;
  const isRefusal =
    status !== null && status >= RESPONSE_STATUS_MIN && status <= RESPONSE_STATUS_MAX;
  return isRefusal ? status : ERROR_FACES[code].status;
}
