import type { PromptTemplate, TemplateVersion } from './template.js';

/** As the audit trail has it: of the text no more than its length, since the versions themselves are kept. */
export function toTemplateState(template: PromptTemplate): Record<string, unknown> {
  const { name, description, current } = template;
  return {
    name,
    description,
    version: current.version,
    template_characters: [...current.text].length,
    variables: current.variables.map((variable) => variable.name),
  };
}

/** Whether they say the same, whoever made them. */
export function isSameVersion(one: TemplateVersion, other: TemplateVersion): boolean {
  return one.text === other.text && toText(one) === toText(other);
}

/** The database gives the members of a JSON object back in an order of its own. */
function toText({ variables }: TemplateVersion): string {
  return JSON.stringify(
    variables.map((variable) => [
      variable.name,
      variable.default,
      variable.description,
      variable.maxLength,
      variable.choices,
    ]),
  );
}
