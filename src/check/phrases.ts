/**
 * What the words of a refusal mean where its status does not say it. A registry's text itself goes no further than this: only
 * one of these words does.
 * - `expired`: the login was good once.
 * - `rejected`: the login is wrong, whatever the status.
 * - `locked`: too many wrong logins; one more makes it worse.
 * - `blocked`: this network is not let in.
 * - `read-only`: nobody may push there: maintenance, a mirror, a proxy or a locked repository.
 * - `group`: the address is a group of repositories, which takes no pushes.
 * - `quota`: the storage or the number of repositories is used up.
 * - `missing`: the repository or its project does not exist.
 * - `missing-or-denied`: the registry does not tell the two apart.
 * - `denied`: the login is good and the right is missing.
 * - `rate-limited`: too many requests, behind whatever status.
 * - `name-invalid`: the registry takes no such repository name.
 */
export type Phrase =
  | 'expired'
  | 'rejected'
  | 'locked'
  | 'blocked'
  | 'read-only'
  | 'group'
  | 'quota'
  | 'missing'
  | 'missing-or-denied'
  | 'denied'
  | 'rate-limited'
  | 'name-invalid';

/** Words in lower case that all stand in the text, in this order, and what they mean. */
interface Row {
  readonly words: readonly string[];
  readonly phrase: Phrase;
  /** Whose words they are; for the reader of this table only. */
  readonly of: string;
}

/** The first row that fits decides: what is more specific stands above what is less. No word spans what JSON may escape. */
const ROWS: readonly Row[] = [
  { words: ['authorization token has expired'], phrase: 'expired', of: 'Amazon ECR' },
  { words: ['token is expired'], phrase: 'expired', of: 'several' },
  { words: ['too many failed login'], phrase: 'locked', of: 'Docker Hub' },
  { words: ['too many login attempts'], phrase: 'locked', of: 'Quay' },
  { words: ['client with ip', 'not allowed access'], phrase: 'blocked', of: 'Azure Container Registry' },
  { words: ['://aka.ms/acr/firewall'], phrase: 'blocked', of: 'Azure Container Registry' },
  { words: ['request is prohibited by organization'], phrase: 'blocked', of: 'Google Artifact Registry' },
  {
    words: ['must access this account over the private network'],
    phrase: 'blocked',
    of: 'IBM Cloud Container Registry',
  },
  { words: ['is a pro-licensed'], phrase: 'group', of: 'Nexus' },
  { words: ['read only mode'], phrase: 'read-only', of: 'Harbor' },
  { words: ['can not push artifact to a proxy project'], phrase: 'read-only', of: 'Harbor' },
  { words: ['"is_readonly"'], phrase: 'read-only', of: 'Quay' },
  { words: ['currently read-only'], phrase: 'read-only', of: 'Quay' },
  { words: ['pushes to the registry are currently disabled'], phrase: 'read-only', of: 'Quay' },
  { words: ['namespace', 'has been disabled'], phrase: 'read-only', of: 'Quay' },
  { words: ['repository is read-only'], phrase: 'read-only', of: 'Pulp' },
  { words: ['repository is read only'], phrase: 'read-only', of: 'Nexus' },
  { words: ['is not available for push'], phrase: 'read-only', of: 'Pulp' },
  { words: ['is disallowed on this registry'], phrase: 'read-only', of: 'Azure Container Registry' },
  { words: ['exceed the configured upper limit'], phrase: 'quota', of: 'Harbor' },
  { words: ['quota has been exceeded'], phrase: 'quota', of: 'Quay' },
  { words: ['exceeded your storage quota'], phrase: 'quota', of: 'IBM Cloud Container Registry' },
  { words: ['exceeded its image storage quota'], phrase: 'quota', of: 'IBM Cloud Container Registry' },
  { words: ['storage quota limit reached'], phrase: 'quota', of: 'Artifactory' },
  { words: ['registry contains', 'limit is'], phrase: 'quota', of: 'DigitalOcean' },
  { words: ['"project ', ' not found'], phrase: 'missing', of: 'Harbor' },
  {
    words: ['the repository with name', 'does not exist in the registry'],
    phrase: 'missing',
    of: 'Amazon ECR',
  },
  { words: ['registry not enabled'], phrase: 'missing', of: 'GitLab' },
  { words: ['or it may not exist'], phrase: 'missing-or-denied', of: 'Google Artifact Registry' },
  { words: ['invalid repository name'], phrase: 'name-invalid', of: 'Docker Hub' },
  { words: ['nested repositories are not supported'], phrase: 'name-invalid', of: 'Quay' },
  { words: ['invalid number of path components'], phrase: 'name-invalid', of: 'Google Artifact Registry' },
  { words: ['access token has insufficient scopes'], phrase: 'denied', of: 'Docker Hub' },
  { words: ['"access forbidden"'], phrase: 'denied', of: 'GitLab' },
  { words: ['protected repository path'], phrase: 'denied', of: 'GitLab' },
  { words: ['is not authorized to perform'], phrase: 'denied', of: 'Amazon ECR' },
  { words: ['does not match expected scopes'], phrase: 'denied', of: 'GitHub' },
  { words: ['permission_denied:'], phrase: 'denied', of: 'GitHub' },
  { words: ['installation not allowed to'], phrase: 'denied', of: 'GitHub' },
  { words: ['is unauthorized to upload to'], phrase: 'denied', of: 'Artifactory' },
  { words: ['user should have specific permission'], phrase: 'denied', of: 'Gitea and Forgejo' },
  { words: ['token scope is limited to public packages'], phrase: 'denied', of: 'Gitea and Forgejo' },
  { words: ['"insufficient permissions'], phrase: 'denied', of: 'Pulp' },
  { words: ['permission ', 'denied on resource'], phrase: 'denied', of: 'Google Artifact Registry' },
  { words: ['incorrect username or password'], phrase: 'rejected', of: 'Docker Hub' },
  { words: ['use personal access token', 'sso is enforced'], phrase: 'rejected', of: 'Docker Hub' },
  { words: ['user cannot be authenticated with the token'], phrase: 'rejected', of: 'GitHub' },
  { words: ['http basic: access denied'], phrase: 'rejected', of: 'GitLab' },
  { words: ['could not find robot with'], phrase: 'rejected', of: 'Quay' },
  { words: ['this user has been disabled'], phrase: 'rejected', of: 'Quay' },
  { words: ['rate exceeded'], phrase: 'rate-limited', of: 'Amazon ECR' },
  { words: ['"throttlingexception'], phrase: 'rate-limited', of: 'Amazon ECR' },
  { words: ['"toomanyrequests"'], phrase: 'rate-limited', of: 'several' },
];

/** What a server error can be about: a refused login or right behind one is the registry's own, at its storage. */
const OF_SERVERS: ReadonlySet<Phrase> = new Set(['read-only', 'group', 'quota', 'rate-limited']);

/**
 * What the body of a refusal says beyond its status, or undefined where it holds no known words. Only a status of 400 and more is
 * a refusal; a web page is nobody's API and must not come here. Linear in the body's length.
 */
export function phraseOf(status: number, body: string): Phrase | undefined {
  if (status < 400 || body === '') return undefined;
  const text = body.toLowerCase();
  return ROWS.find(({ words, phrase }) => (status < 500 || OF_SERVERS.has(phrase)) && holds(text, words))
    ?.phrase;
}

function holds(text: string, words: readonly string[]): boolean {
  let at = 0;
  for (const word of words) {
    const found = text.indexOf(word, at);
    if (found < 0) return false;
    at = found + word.length;
  }
  return true;
}
