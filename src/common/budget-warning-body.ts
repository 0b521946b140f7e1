/** As an answer tells of a budget that runs low. */
export interface BudgetWarningBody {
  type: 'budget_warning';
  message: string;
  budget_id: string;
  budget_name: string;
  /** Whole percent. */
  usage_percentage: number;
  limit_micros: number;
  remaining_micros: number;
}
