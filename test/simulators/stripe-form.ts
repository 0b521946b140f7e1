/** Stripe's requests: forms with brackets for what is nested. */
export type FormValue = string | { [name: string]: FormValue };
export type FormFields = Record<string, FormValue>;

/** `metadata[purchase_id]=a&line_items[0][quantity]=2` as nested objects; lists are objects with numbers for names. */
export function readStripeForm(text: string): FormFields {
  const fields: FormFields = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const path = name.split(/[[\]]+/).filter((part) => part !== '');
    const last = path.pop() ?? '';
    let place: FormFields = fields;
    for (const part of path) {
      place[part] ??= {};
      place = place[part] as FormFields;
    }
    place[last] = value;
  }
  return fields;
}

/** The value at a path; undefined where there is none. */
export function findField(fields: FormFields, ...path: string[]): string | undefined {
  let value: FormValue | undefined = fields;
  for (const part of path) value = typeof value === 'object' ? value[part] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** An object of texts, such as metadata. */
export function toTexts(value: FormValue | undefined): Record<string, string> {
  if (typeof value !== 'object') return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, text]) =>
      typeof text === 'string' ? [[name, text]] : [],
    ),
  );
}
