/** `truePositive` to `TruePositive`: from Graph's spelling of an enum member to that of the other surfaces. */
export function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

/** `TruePositive` to `truePositive`. */
export function camel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}
