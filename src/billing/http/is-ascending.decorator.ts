import { ValidateBy } from 'class-validator';

/** Each number greater than the one before it. */
export function IsAscending(): PropertyDecorator {
  return ValidateBy({
    name: 'isAscending',
    validator: {
      validate: (value: unknown) =>
        Array.isArray(value) &&
        value.every((one, index) => index === 0 || Number(one) > Number(value[index - 1])),
      defaultMessage: () => '$property must ascend, each number once',
    },
  });
}
