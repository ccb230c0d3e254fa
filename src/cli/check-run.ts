import { systemClock as clock } from '../clock.ts';
import { answer, exitCode, worstOf, type Answer } from './check-answer.ts';
import { openNetwork, type Network } from './check-network.ts';
import { unusedProxy } from '../registry/proxy.ts';
import type { Asked } from './check-options.ts';
import type { Question } from './check-question.ts';
import { questionsOf } from './check-sources.ts';
import { dataOf, render } from './check-table.ts';
import { EXIT, tell } from './exit.ts';
import { paintFor, serialise, write } from './output.ts';
import { widthOf } from './paragraphs.ts';

/**
 * Asks what the command line asks, writes the answer to stdout, and answers the exit code.
 * @throws UsageError, Error of one sentence, or the signal's reason where it aborts: then no upload session is open
 */
export async function runCheck(asked: Asked, signal: AbortSignal): Promise<number> {
  const { tokenHosts, caFile, output, strict, again } = asked;
  const questions = await questionsOf(asked, clock.now(), signal);
  const typed = new Set(questions.filter((one) => one.typed).map(({ registry }) => registry));
  const network = openNetwork(typed, tokenHosts, caFile, process.env);
  tellOfProxy(questions, network);
  const ask = (question: Question, stop: AbortSignal): Promise<Answer> =>
    answer(question, network.world, again, stop);
  const answers = await askAll(questions, ask, signal);
  if (signal.aborted) return stoppedAfter(answers);
  for (const line of new Set(answers.flatMap((one) => notices(one, network)))) tell(line);
  for (const line of lifts(answers)) tell(line);
  await write(
    output === 'table'
      ? render(answers, paintFor(process.stdout, process.env), widthOf(process.stdout))
      : await serialise(dataOf(answers), output),
  );
  return worstOf(answers.map((one) => exitCode(one, strict)));
}

/** A signal came after uploads were accepted: the verdict is dropped, what became of their sessions is told. */
function stoppedAfter(answers: readonly Answer[]): number {
  for (const { question, status } of answers) {
    const { cleanup } = status.lastProbe ?? {};
    const how = cleanup === 'Cancelled' ? 'cancelled' : `not cancelled (${cleanup ?? ''})`;
    if (cleanup !== undefined) tell(`the upload session at ${question.registry.host} was ${how}`);
  }
  return EXIT.error;
}

/** One after the other at each registry, so that several wrong logins do not lock an account; registries side by side. */
async function askAll(
  questions: readonly Question[],
  ask: (question: Question, signal: AbortSignal) => Promise<Answer>,
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const answers = new Map<Question, Answer>();
  const hosts = Map.groupBy(questions, ({ registry }) => registry.host);
  const asking = [...hosts.values()].map(async (list) => {
    try {
      for (const question of list) answers.set(question, await ask(question, stop));
    } catch (error) {
      failed.abort(error);
    }
  });
  // All of them end before this does: what has to be cancelled is cancelled.
  await Promise.all(asking);
  failed.signal.throwIfAborted();
  return questions.flatMap((question) => answers.get(question) ?? []);
}

/** What the operator in a cluster would do otherwise. */
function notices({ question }: Answer, { unusual }: Network): readonly string[] {
  const { registry, spec, check, typed } = question;
  const { host } = registry;
  const address = unusual.get(host);
  const lines: string[] = [];
  if (typed && address !== undefined)
    lines.push(
      `${host} has the address ${address}: the operator reaches it only where egress.allowCIDRs says so`,
    );
  if (typed && registry.origin.protocol === 'http:')
    lines.push(`the operator asks over plain http only where insecureRegistries has ${host}`);
  if (spec.suspend) lines.push(`${nameOf(check)} is suspended: the operator would not ask`);
  return lines;
}

const LIFTED: readonly string[] = ['InsecureTransportNotAllowed', 'EgressDenied', 'CredentialsNotBound'];

/** A line for each registry that a rule for files kept from being asked, with the checks that it is about. */
function lifts(answers: readonly Answer[]): readonly string[] {
  const held = answers.filter(
    ({ question: { voice, typed }, diagnosis }) =>
      voice.kind === 'file' && !typed && LIFTED.includes(diagnosis.reason),
  );
  return [...Map.groupBy(held, ({ question }) => question.registry.host)].map(([host, list]) => {
    const names = list.map(({ question }) => nameOf(question.check)).join(', ');
    return `${names}: what a file says is held to the rules of the operator: --trust-registry ${host} lifts this one`;
  });
}

function nameOf({ metadata }: Question['check']): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** Said before anything is asked: what comes of it may be the proxy's doing. */
function tellOfProxy(questions: readonly Question[], { proxy }: Network): void {
  const secure = questions.some(({ registry }) => registry.origin.protocol === 'https:');
  const unused = proxy === undefined ? unusedProxy(process.env) : undefined;
  if (unused !== undefined) tell(unused);
  if (proxy !== undefined && secure)
    tell(
      `https goes through the proxy ${proxy.origin} (less what NO_PROXY exempts), which looks up names and decides what is reached`,
    );
}
