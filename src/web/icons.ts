import shapes from './data/icons.json' with { type: 'json' }

/**
 * An icon as SVG, for `<%~ it.icon('device') %>` in views. Decorative: the words
 * beside it carry the meaning.
 *
 * @param name of `data/icons.json`; an unknown one is a ring
 */
export function icon(name: string, size?: 'small' | 'large'): string {
  const shape = Object.hasOwn(shapes, name) ? shapes[name as keyof typeof shapes] : shapes.ring
  const classes = size ? `icon icon--${size}` : 'icon'
  // White space around it parts it from the words beside it.
  return `
<svg class="${classes}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
  ${shape}
</svg>
`
}
