/** `truePositive` to `TruePositive`: from Graph's spelling of an enum member to that of the other surfaces. */
export function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
