/**
 * The name that was meant by a mistyped one: the nearest of those that are at most two letters away, and at most a third of
 * it, case apart, or else the first one that has it as a part. Undefined where none is near.
 */
export function nearest<Name extends string>(typed: string, known: readonly Name[]): Name | undefined {
  const small = typed.toLowerCase();
  const near = known
    .map((name) => ({ name, away: differences(name.toLowerCase(), small) }))
    .filter(({ away }) => away <= Math.min(2, small.length / 3))
    .toSorted((one, other) => one.away - other.away);
  if (near[0] !== undefined) return near[0].name;
  return known.find((name) => small.length > 2 && name.toLowerCase().includes(small));
}

/** How many letters to add, drop or replace to turn one word into another (Levenshtein); long ones are compared with long ones only. */
function differences(known: string, typed: string): number {
  if (Math.abs(known.length - typed.length) > 2) return Infinity;
  let row = Array.from({ length: typed.length + 1 }, (_, at) => at);
  for (const [at, letter] of known.split('').entries()) {
    const next = [at + 1];
    for (const [to, other] of typed.split('').entries()) {
      const replaced = (row[to] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[to + 1] ?? 0) + 1, (next[to] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? Infinity;
}
