import { CONDITION, type Condition } from '../api/registrypushcheck.ts';
import { baseUrl } from '../registry/origin.ts';
import { oneLine } from '../text.ts';
import type { Answer } from './check-answer.ts';
import { columns, type Paint } from './output.ts';
import { paragraphs } from './paragraphs.ts';

/**
 * Answers for people: of one check stage by stage, of several a row each, and what is wrong below.
 * @param width of the terminal; undefined: a row is a line
 */
export function render(answers: readonly Answer[], paint: Paint, width?: number): string {
  const [only, ...more] = answers;
  if (only === undefined) return '';
  if (more.length === 0) return `${headline(only, paint)}\n\n${stages(only)}${details(only, width)}`;
  const wrong = answers.filter(({ status }) => status.remediation ?? status.findings);
  const parts = wrong.map((one) => `\n${nameOf(one)}: ${headline(one, paint)}\n${details(one, width)}`);
  return `${overview(answers)}${parts.join('')}`;
}

const VERDICTS = {
  ok: 'permitted',
  definite: 'refused',
  open: 'undecided',
  transient: 'unknown',
  persistent: 'unknown',
};

/** The push was asked for, or refused before it could be. */
function wasTried({ diagnosis, probed }: Answer): boolean {
  const asked = probed?.steps.some(({ step }) => step === 'upload') ?? false;
  return asked || diagnosis.stages.PushAuthorized.reason === diagnosis.reason;
}

function headline(answer: Answer, paint: Paint): string {
  const { registry, spec } = answer.question;
  const { course, reason } = answer.diagnosis;
  const verdict = `${wasTried(answer) ? VERDICTS[course] : 'not tried'} (${reason})`;
  const colour = course === 'ok' ? paint.good : course === 'definite' ? paint.bad : paint.open;
  return `${paint.strong(oneLine(`Push to ${spec.repository} at ${baseUrl(registry)}:`))} ${colour(verdict)}`;
}

function stages({ status }: Answer): string {
  const { reachable, authenticated, pushAuthorized, pullAuthorized } = CONDITION;
  const shown: readonly string[] = [reachable, authenticated, pushAuthorized, pullAuthorized];
  const found = (status.conditions ?? []).filter(({ type }) => shown.includes(type));
  return columns([
    ['STAGE', 'RESULT', 'ANSWER', 'REASON', 'MESSAGE'],
    ...found.map((one) => [one.type, one.status, evidenceOf(status, one.type), one.reason, one.message]),
  ]);
}

/** Status and error code of the answer that decided a stage. */
function evidenceOf({ lastProbe }: Answer['status'], type: string): string {
  const stage = lastProbe?.stages?.find(({ name }) => name === type);
  if (stage === undefined) return '-';
  return [stage.httpStatus ?? 'none', stage.errorCode].filter((part) => part !== undefined).join(' ');
}

function details({ diagnosis, status, probed }: Answer, width: number | undefined): string {
  const { findings = [], remediation, lastProbe } = status;
  const rows: [string, string][] = [];
  if (diagnosis.course !== 'ok') rows.push(['Cause', diagnosis.message]);
  if (lastProbe?.cleanup !== undefined)
    rows.push([
      'Session',
      lastProbe.cleanup === 'Cancelled' ? 'cancelled' : `not cancelled (${lastProbe.cleanup})`,
    ]);
  if (probed === undefined) rows.push(['Session', 'none: nothing was sent to the registry']);
  for (const { type, message } of findings) rows.push(['Finding', `${type}: ${message}`]);
  if (remediation?.summary !== undefined) rows.push(['Fix', remediation.summary]);
  for (const [at, step] of (remediation?.steps ?? []).entries()) rows.push(['', `${at + 1}. ${step}`]);
  if (remediation?.docsUrl !== undefined) rows.push(['More', remediation.docsUrl]);
  return rows.length === 0 ? '' : `\n${paragraphs(rows, 'Session'.length, width)}`;
}

function overview(answers: readonly Answer[]): string {
  const rows = answers.map(({ question, status }) => {
    const { namespace, name } = question.check.metadata;
    const { registryUrl } = question.check.spec;
    const ready = find(status.conditions, CONDITION.ready);
    return [namespace, name, ready?.status ?? '', ready?.reason ?? '', registryUrl, question.spec.repository];
  });
  return columns([['NAMESPACE', 'NAME', 'READY', 'REASON', 'REGISTRY', 'REPOSITORY'], ...rows]);
}

function find(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((one) => one.type === type);
}

function nameOf({ question }: Answer): string {
  const { namespace, name } = question.check.metadata;
  return `${namespace}/${name}`;
}

/** The same as data: the object with its status, or a List of several. */
export function dataOf(answers: readonly Answer[]): unknown {
  const items = answers.map(({ question: { check }, status }) => {
    const { apiVersion, kind, metadata, spec } = check;
    return {
      apiVersion,
      kind,
      metadata: { name: metadata.name, namespace: metadata.namespace },
      spec,
      status,
    };
  });
  return items.length === 1 ? items[0] : { apiVersion: 'v1', kind: 'List', items };
}
