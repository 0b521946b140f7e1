/** Something that is not as described: where in the exchange, where in the value (JSON pointer), and what. */
export function finding(where, pointer, what) {
  return { where, pointer, what };
}
