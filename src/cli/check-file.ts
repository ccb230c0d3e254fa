import { parseAllDocuments, type YAMLError } from 'yaml';
import { API_VERSION, GROUP, KIND } from '../api/registrypushcheck.ts';
import { secretNameProblem } from '../api/names.ts';
import type { SecretContent } from '../check/secret-content.ts';
import { namespaces } from '../config-values.ts';
import { fieldsOf, isObject } from '../json.ts';
import { oneLine } from '../text.ts';
import { UsageError } from './check-options.ts';
import { questionOfCheck, type Unasked } from './check-question.ts';
import { unknownFields } from './known-fields.ts';

/** What a file holds: checks in their order, and Secrets by `namespace/name`. */
export interface FileContent {
  readonly checks: readonly (Unasked & { readonly where: string })[];
  readonly secrets: ReadonlyMap<string, SecretContent>;
}

type Fields = Readonly<Record<string, unknown>>;

interface Item {
  readonly object: Fields;
  readonly where: string;
}

/**
 * Reads checks and Secrets from YAML (or JSON), of one document or several, Lists included. Other kinds are passed over.
 * @param file its name, for messages
 * @param namespace of objects that name none
 * @throws UsageError with everything that is wrong: document and field, never a value
 */
export function readCheckFile(text: string, file: string, namespace: string): FileContent {
  const problems: string[] = [];
  const checks: (Unasked & { readonly where: string })[] = [];
  const secrets = new Map<string, SecretContent>();
  const seen = new Set<string>();
  for (const { object, where } of itemsOf(text, shownFile(file))) {
    try {
      const kind = kindOf(object, where);
      if (kind === undefined) continue;
      const id = identify(object, where, namespace);
      const key = `${id.namespace}/${id.name}`;
      if (seen.has(`${kind} ${key}`)) throw new UsageError([`${where}: ${kind} ${key} was there before`]);
      seen.add(`${kind} ${key}`);
      if (kind === 'Secret') secrets.set(key, contentOf(object, where));
      else checks.push({ ...readCheck(object, id, where), where });
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length === 0 && checks.length === 0)
    problems.push(`${shownFile(file)} has no ${KIND} (${API_VERSION})`);
  if (problems.length > 0) throw new UsageError(problems);
  return { checks, secrets };
}

function shownFile(file: string): string {
  return file === '-' ? 'stdin' : oneLine(file);
}

/** More problems of one text help nobody. */
const MOST_PROBLEMS = 20;

function itemsOf(text: string, file: string): readonly Item[] {
  const documents = parseAllDocuments(text, { uniqueKeys: true });
  if (!Array.isArray(documents)) return [];
  const problems = documents.flatMap(({ errors }) => errors.map((error) => `${file}: ${notYaml(error)}`));
  if (problems.length > 0) throw new UsageError(problems.slice(0, MOST_PROBLEMS));
  return documents.flatMap((document, index) => {
    const where = `${file}, document ${index + 1}`;
    return flatten(
      plain(() => document.toJS(), where),
      where,
    );
  });
}

/** Without the message of YAML itself: that quotes the text. */
function notYaml({ linePos, code }: YAMLError): string {
  const line = `line ${linePos?.[0].line ?? 1}`;
  return code === 'DUPLICATE_KEY' ? `${line}: the key was set before` : `${line}: not valid YAML (${code})`;
}

function plain(read: () => unknown, where: string): unknown {
  try {
    return read();
  } catch {
    throw new UsageError([`${where}: its aliases cannot be resolved, or are too many`]);
  }
}

/** An empty document is none, a List is its items. */
function flatten(value: unknown, where: string): readonly Item[] {
  if (value === undefined || value === null) return [];
  if (!isObject(value)) throw new UsageError([`${where}: it must be an object of Kubernetes`]);
  const { kind, items } = value;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items))
    return [{ object: value, where }];
  return items.flatMap((item, index) => flatten(item, `${where}, item ${index + 1}`));
}

function kindOf({ apiVersion, kind }: Fields, where: string): 'Secret' | typeof KIND | undefined {
  if (kind === 'Secret' && apiVersion === 'v1') return 'Secret';
  if (kind !== KIND || typeof apiVersion !== 'string' || !apiVersion.startsWith(`${GROUP}/`))
    return undefined;
  if (apiVersion !== API_VERSION) throw new UsageError([`${where}: apiVersion must be ${API_VERSION}`]);
  return KIND;
}

function identify(
  object: Fields,
  where: string,
  otherwise: string,
): { readonly namespace: string; readonly name: string } {
  const { name, namespace = otherwise } = fieldsOf(object['metadata']);
  if (typeof name !== 'string' || secretNameProblem(name) !== undefined)
    throw new UsageError([
      `${where}: metadata.name must be a name of lower-case letters, digits, - and .: a letter or digit at both ends`,
    ]);
  if (typeof namespace !== 'string' || 'expected' in namespaces([namespace]))
    throw new UsageError([`${where}: metadata.namespace must be the name of a namespace`]);
  return { namespace, name };
}

/** A misspelt field is told first: that the right one is missing says less. */
function readCheck(
  object: Fields,
  id: { readonly namespace: string; readonly name: string },
  where: string,
): Unasked {
  const { spec } = object;
  const unknown = [
    ...unknownOf('', object, where),
    ...unknownOf('spec', spec, where),
    ...unknownOf('spec.pull', fieldsOf(spec)['pull'], where),
  ];
  if (unknown.length > 0) throw new UsageError(unknown.slice(0, MOST_PROBLEMS));
  return questionOfCheck(id.namespace, id.name, spec, where);
}

function unknownOf(path: '' | 'spec' | 'spec.pull', value: unknown, where: string): readonly string[] {
  const before = path === '' ? '' : `${path}.`;
  return unknownFields(path, isObject(value) ? value : {}).map(
    ([field, problem]) => `${where}: ${before}${shownKey(field)}: ${problem}`,
  );
}

/** A Secret as the API server would store it: `stringData` over `data`. */
function contentOf(object: Fields, where: string): SecretContent {
  const { type = '', metadata } = object;
  if (typeof type !== 'string') throw new UsageError([`${where}: type must be a string`]);
  const data = textsOf(object['data'], where, 'data');
  for (const [key, value] of Object.entries(data)) {
    const bytes = Buffer.from(value, 'base64').toString('base64').replace(/=+$/, '');
    if (bytes !== value.replace(/[\r\n]/g, '').replace(/=+$/, ''))
      throw new UsageError([
        `${where}: data.${shownKey(key)} is not base64: plain text belongs into stringData`,
      ]);
  }
  const written = Object.entries(textsOf(object['stringData'], where, 'stringData'));
  const encoded = written.map(([key, value]): [string, string] => [
    key,
    Buffer.from(value, 'utf8').toString('base64'),
  ]);
  const annotations = textsOf(fieldsOf(metadata)['annotations'], where, 'metadata.annotations');
  return { type, data: { ...data, ...Object.fromEntries(encoded) }, annotations };
}

function textsOf(value: unknown, where: string, field: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new UsageError([`${where}: ${field} must be a map of strings`]);
  const texts: [string, string][] = [];
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string')
      throw new UsageError([`${where}: ${field}.${shownKey(key)} must be a string: put it in quotes`]);
    texts.push([key, text]);
  }
  return Object.fromEntries(texts);
}

/** A key as it may be shown: what has another form than one may be anything. */
function shownKey(key: string): string {
  return /^[A-Za-z0-9._/-]{1,64}$/.test(key) ? key : '(a key)';
}
