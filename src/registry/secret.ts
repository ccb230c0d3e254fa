import { inspect } from 'node:util';

const SHOWN = '[secret]';

/**
 * A string that cannot print: `String()`, template literals, `JSON.stringify`, `console.log` and
 * `util.inspect` all show `[secret]`. Only {@link Secret.reveal} gives the value, at the last moment.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Call it only where it is written to a socket, and keep no copy. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}
