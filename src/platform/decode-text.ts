const marks: { encoding: 'utf-8' | 'utf-16le' | 'utf-16be'; bytes: number[] }[] = [
  { encoding: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
]

/**
 * The text of a file that a person wrote, by its byte-order mark; without one
 * it is UTF-8. Windows PowerShell 5 writes UTF-16 unless told otherwise.
 *
 * @returns the text without the mark
 * @see Unicode Standard, section 23.8, "Byte Order Mark"
 */
export function decodeText(bytes: Uint8Array): string {
  const found = marks.find(mark => mark.bytes.every((byte, index) => bytes[index] === byte))
  return new TextDecoder(found?.encoding ?? 'utf-8').decode(bytes)
}
