/** A small query whose analysis doubles with each line: forty lines never end. */
export function doublingQuery(before = ''): string {
  const steps = Array.from({ length: 40 }, (_, index) => `let a${index + 1} = union a${index}, a${index};`)
  return [before, 'let a0 = DeviceInfo;', ...steps, 'a40'].filter(line => line !== '').join('\n')
}
