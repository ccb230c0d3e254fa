import { isNamedBy } from '../registry/origin.ts';
import type { ReadFromCluster } from './check-cluster.ts';
import { readText } from './check-input.ts';
import type { Asked, FileAsked, UrlAsked } from './check-options.ts';
import {
  givenBySecret,
  questionOf,
  readGiven,
  type Given,
  type Question,
  type Unasked,
} from './check-question.ts';
import { tell } from './exit.ts';

/**
 * The questions of a command line, with their logins.
 * @throws UsageError, Error of one sentence where a cluster does not answer, the signal's reason where it aborts
 */
export async function questionsOf(
  { what, kubeconfig }: Asked,
  nowMs: number,
  signal: AbortSignal,
): Promise<readonly Question[]> {
  return what.kind === 'url'
    ? [await byUrl(what, kubeconfig, nowMs, signal)]
    : byFile(what, kubeconfig, nowMs, signal);
}

async function byUrl(
  what: UrlAsked,
  kubeconfig: string | undefined,
  nowMs: number,
  signal: AbortSignal,
): Promise<Question> {
  const question = questionOf(what);
  const { registry, spec } = question;
  const { login } = what;
  if (login.kind === 'none')
    tell('asking without a login: --username with --password-stdin, --docker-config or --secret gives one');
  else if (registry.origin.protocol === 'http:')
    tell(`${registry.host} is asked over plain http: the login can be read on the way`);
  // Who types URL and Secret trusts this registry with a login that does not say where it may go.
  const wanted = { registry, repository: spec.repository, installed: [], trusted: [registry.host], nowMs };
  const given =
    login.kind === 'secret'
      ? await (
          await cluster(kubeconfig)
        )(login.namespace, login.name, wanted, signal)
      : await readGiven(login, wanted, signal);
  return { ...question, given, typed: true };
}

async function cluster(kubeconfig: string | undefined): Promise<ReadFromCluster> {
  // The client of the API server takes longer to load than a probe.
  const { openCluster } = await import('./check-cluster.ts');
  return openCluster(kubeconfig);
}

async function byFile(
  what: FileAsked,
  kubeconfig: string | undefined,
  nowMs: number,
  signal: AbortSignal,
): Promise<readonly Question[]> {
  const { readCheckFile } = await import('./check-file.ts');
  const content = readCheckFile(await readText(what.path, '--file', signal), what.path, what.namespace);
  const lacks = (one: Unasked): boolean =>
    one.spec.existingSecret !== undefined && !content.secrets.has(secretOf(one));
  const read = what.fromCluster && content.checks.some(lacks) ? await cluster(kubeconfig) : undefined;
  const questions: Question[] = [];
  for (const { where: _, ...one } of content.checks) {
    const { registry, spec } = one;
    const trusted = what.trusted.filter((name) => isNamedBy(registry, name));
    const wanted = { registry, repository: spec.repository, installed: [], trusted, nowMs };
    const secret = content.secrets.get(secretOf(one));
    let given: Given = {};
    if (spec.existingSecret !== undefined && secret !== undefined) given = givenBySecret(secret, wanted);
    else if (spec.existingSecret !== undefined)
      given = (await read?.(one.check.metadata.namespace, spec.existingSecret, wanted, signal)) ?? ABSENT;
    questions.push({ ...one, given, typed: trusted.length > 0 });
  }
  return questions;
}

/** What the other checks of the file say is not lost over it. */
const ABSENT: Given = {
  problem: { reason: 'SecretNotFound', detail: 'it is not in the file, and no cluster was asked for it' },
  isAbsent: true,
};

function secretOf({ check, spec }: Pick<Unasked, 'check' | 'spec'>): string {
  return `${check.metadata.namespace}/${spec.existingSecret ?? ''}`;
}
