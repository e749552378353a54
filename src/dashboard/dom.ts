/** What an element can hold. Text is always text: nothing here reads markup. */
export type Child = Node | string | number | false | null | undefined | readonly Child[]

/** Attributes; `true` is one without a value, `false` and undefined none. `on` has listeners. */
export interface Attributes {
  readonly [name: string]: string | number | boolean | undefined | Listeners
  readonly on?: Listeners
}

type Listeners = Readonly<Record<string, (event: Event) => void>>

/** Makes an element of HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children)
}

/** Makes an element of SVG. */
export function svg(tag: string, attributes: Attributes = {}, ...children: readonly Child[]): SVGElement {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children) as SVGElement
}

function fill<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'object')
      for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener)
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value))
  }
  element.append(...nodes(children))
  return element
}

/** The nodes of children, without those that are nothing. */
export function nodes(children: Child): readonly (Node | string)[] {
  if (children === null || children === undefined || children === false) return []
  if (typeof children === 'number') return [String(children)]
  if (typeof children === 'string' || children instanceof Node) return [children]
  return children.flatMap(nodes)
}
