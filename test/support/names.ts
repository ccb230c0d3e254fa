import { isIP, type LookupFunction } from 'node:net';
import type { Connection } from '../../src/registry/connection.ts';

/** Answers for one name, in the order of the questions; the last one stays. */
export type Answers = readonly (readonly string[])[];

/** A resolver of names that knows nothing but what it is told. */
export interface Names {
  /** The names that were asked for, in order. */
  readonly asked: readonly string[];
  /** Makes a connection of a probe ask here instead of the system. */
  serve(connection: Connection): Connection;
}

/** Names and their addresses; what is not among them does not exist. */
export function createNames(table: Readonly<Record<string, Answers>>): Names {
  const asked: string[] = [];
  const lookup: LookupFunction = (name, { all }, done) => {
    const answers = Object.hasOwn(table, name) ? (table[name] ?? []) : [];
    const turn = asked.filter((one) => one === name).length;
    asked.push(name);
    const found = answers[Math.min(turn, answers.length - 1)] ?? [];
    const addresses = found.map((address) => ({ address, family: isIP(address) }));
    const [first] = addresses;
    // As the system does: never before it returns.
    setImmediate(() => {
      if (first === undefined) done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), '');
      else if (all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
  return {
    asked,
    serve: (connection) => {
      for (const agent of [connection.http, connection.https]) {
        // Agents give their options to every connection; their type does not have them.
        const { options } = agent as unknown as { readonly options: object };
        Object.assign(options, { lookup });
      }
      return connection;
    },
  };
}
