// Rows of long tables are drawn again only when something of theirs changed: a thousand rows stay quick to walk.
import { Component, h, type ComponentType, type FunctionComponent } from 'preact';
import { useCallback, useRef } from 'preact/hooks';

function differ(a: object, b: object): boolean {
  const before = a as Record<string, unknown>;
  const after = b as Record<string, unknown>;
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].some((name) => before[name] !== after[name]);
}

export function memo<P extends object>(Inner: FunctionComponent<P>): ComponentType<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      return differ(this.props, next);
    }

    override render() {
      return h(Inner, this.props);
    }
  };
}

/** The same function for as long as the component lives; it always calls the newest one. */
export function useStable<A extends unknown[]>(callback: (...args: A) => void): (...args: A) => void {
  const newest = useRef(callback);
  newest.current = callback;
  return useCallback((...args: A) => newest.current(...args), []);
}
