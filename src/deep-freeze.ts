export type DeepReadonly<Value> = Value extends object
  ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
  : Value

/** Freezes an object, and all below it. */
export function deepFreeze<Value extends object>(frozen: Value): Value {
  for (const inner of Object.values(frozen)) {
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner)
  }
  return Object.freeze(frozen)
}
