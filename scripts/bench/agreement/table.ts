import type { Reason } from '../../../src/check/reason.ts';
import { alignedLines } from '../lines.ts';
import type { Asked, Cell, Server, Situation } from './causes.ts';

/** What a probe left behind: entries that the server has since, and whether the session can still be read. */
export interface Left {
  /** New entries of the server's catalogue and storage, as `catalogue:NAME`, `upload:ID`, `blob:DIGEST`, `manifest:DIGEST`. */
  readonly added: readonly string[];
  /** `none`: no session was opened; `gone`: GET on it answers 404. */
  readonly session: 'none' | 'gone' | 'readable';
}

/** One check, what was expected of it and what came of it. */
export interface Outcome {
  readonly server: Server;
  readonly situation: Situation;
  readonly asked: Asked;
  /** Whether crane could push an image there with that login. */
  readonly crane: boolean;
  readonly reason: Reason;
  readonly message: string;
  readonly left: Left;
  /** The requests of the probe and their answers, a line each. */
  readonly conversation: readonly string[];
}

/** Whether the verdict, the cause and what is left are as they should be. */
export interface Agreement {
  readonly verdict: boolean;
  readonly cause: boolean;
  readonly leaves: boolean;
}

/** Compares one outcome with crane's push and with the expected cause. */
export function compare({ asked, crane, reason, left }: Outcome): Agreement {
  return {
    verdict: (reason === 'PushAuthorized') === crane,
    cause: reason === asked.reason,
    leaves:
      asked.leaves === 'session' ? onlySession(left) : left.added.length === 0 && left.session !== 'readable',
  };
}

function onlySession({ added, session }: Left): boolean {
  return session === 'readable' && added.length === 1 && added.every((entry) => entry.startsWith('upload:'));
}

/** Whether all of it is as it should be. */
export function agrees(outcome: Outcome): boolean {
  return Object.values(compare(outcome)).every(Boolean);
}

/** The table: one row per check, and one per situation that a server cannot be in. */
export function tableOf(
  outcomes: readonly Outcome[],
  columns: readonly { readonly server: Server; readonly cells: readonly (readonly [Situation, Cell])[] }[],
): string {
  const rows = columns.flatMap(({ server, cells }) =>
    cells.flatMap(([situation, cell]): readonly (readonly string[])[] => {
      if ('cannot' in cell)
        return [[server, situation, '–', '–', '–', '–', '–', `cannot be: ${cell.cannot}`]];
      const found = outcomes.filter((one) => one.server === server && one.situation === situation);
      return found.map(rowOf);
    }),
  );
  const head = ['server', 'situation', 'crane', 'ours', 'expected cause', 'our cause', '', 'left behind'];
  return alignedLines([head, ...rows]);
}

function rowOf(outcome: Outcome): readonly string[] {
  const { server, situation, asked, crane, reason, left } = outcome;
  return [
    server,
    asked.variant === undefined ? situation : `${situation} (${asked.variant})`,
    crane ? 'yes' : 'no',
    reason === 'PushAuthorized' ? 'yes' : 'no',
    asked.reason,
    reason,
    agrees(outcome) ? '✓' : '✗',
    leftWords(left),
  ];
}

function leftWords({ added, session }: Left): string {
  const kinds = new Map<string, number>();
  for (const entry of added) {
    const kind = entry.slice(0, entry.indexOf(':'));
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const words = [...kinds].map(([kind, count]) => `${count} ${kind}`);
  const nothing = words.length === 0 && session !== 'readable' ? ['nothing'] : [];
  const state = { none: [], gone: ['GET on the session: 404'], readable: ['session still readable'] }[
    session
  ];
  return [...nothing, ...words, ...state].join(', ');
}

/** The totals, as sentences. */
export function totalsOf(outcomes: readonly Outcome[]): readonly string[] {
  const compared = outcomes.map(compare);
  const of = (what: keyof Agreement): string =>
    `${compared.filter((one) => one[what]).length} of ${outcomes.length}`;
  return [
    `verdicts that agree with a real push by crane: ${of('verdict')}`,
    `causes that are those of the configuration: ${of('cause')}`,
    `probes that left what they may: ${of('leaves')}`,
  ];
}

/** What a mismatch looks like in full: what was expected and why, what came, and the conversation. */
export function mismatchOf(outcome: Outcome): string {
  const { server, situation, asked, crane, reason, message, left, conversation } = outcome;
  const { verdict, cause, leaves } = compare(outcome);
  const what = [
    ...(verdict ? [] : [`crane ${crane ? 'pushes' : 'is refused'}`]),
    ...(cause ? [] : [`expected ${asked.reason}: ${asked.why}`]),
    ...(leaves ? [] : [`left behind: ${leftWords(left)}`]),
  ];
  return [
    `MISMATCH ${server}, ${situation}${asked.variant === undefined ? '' : ` (${asked.variant})`}`,
    ...what.map((line) => `  ${line}`),
    `  ours: ${reason}: ${message}`,
    ...conversation.map((line) => `    ${line}`),
    '',
  ].join('\n');
}
