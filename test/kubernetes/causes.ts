/** A rule that an object breaks. */
export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** The rule an object breaks, in the API's words. */
export const causes = {
  required: (field: string, detail = ''): Cause => ({
    reason: 'FieldValueRequired',
    message: detail === '' ? 'Required value' : `Required value: ${detail}`,
    field,
  }),
  invalid: (field: string, value: unknown, detail: string): Cause => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(value)}: ${detail}`,
    field,
  }),
  forbidden: (field: string, detail: string): Cause => ({
    reason: 'FieldValueForbidden',
    message: `Forbidden: ${detail}`,
    field,
  }),
  tooLong: (field: string, bytes: number): Cause => ({
    reason: 'FieldValueTooLong',
    message: `Too long: may not be more than ${bytes} bytes`,
    field,
  }),
};
