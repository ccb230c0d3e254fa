import { bearer } from '../registry/login.ts';
import { manifestUrl, type ManifestName } from '../registry/manifest.ts';
import { requestName, shownOrigin } from '../registry/origin.ts';
import type { Secret } from '../registry/secret.ts';
import { parseToken, pullScope } from '../registry/token.ts';
import type { Access, Applicant, Denied } from './authenticate.ts';
import type { Exchange } from './exchange.ts';
import { judge } from './judge.ts';
import type { Answer, Observation, Pulled } from './observation.ts';
import { requestToken, type TokenService } from './token-request.ts';

/**
 * Asks whether a manifest may be pulled, after the push part ended with `observation`, with what that part got: permitted or
 * not, it got past the login, or the registry is open. At most two requests: one for a token, one for the manifest.
 */
export async function askForManifest(
  named: ManifestName,
  got: Access | Denied | undefined,
  observation: Observation,
  applicant: Applicant,
  exchange: Exchange,
): Promise<Pulled> {
  if (got === undefined || !isPastLogin(observation, applicant)) return { kind: 'NoAccess' };
  if (!applicant.isFor(named.repository)) return { kind: 'NotItsRepository' };
  // A registry that has just asked for fewer requests gets no other one.
  if (observation.kind === 'UploadRefused' && isLimited(observation.answer)) {
    return { kind: 'ManifestRefused', answer: observation.answer };
  }
  const manifest = { ...named, repository: requestName(applicant.registry, named.repository) };
  const pass = await passFor(manifest, got, applicant, exchange);
  if (pass.kind !== 'pass') return pass;
  const url = manifestUrl(applicant.registry, manifest);
  const { authorization } = pass;
  const response = await exchange.ask('manifest', { method: 'HEAD', url, authorization });
  if (response.kind !== 'response') return response;
  const answer = exchange.answerOf(response);
  const readable = answer.status >= 200 && answer.status < 300 && !answer.html;
  return readable ? { kind: 'ManifestReadable' } : { kind: 'ManifestRefused', answer };
}

function isLimited({ status, phrase }: Answer): boolean {
  return status === 429 || phrase === 'rate-limited';
}

/** Whether the push was what the push part failed at, if it failed. */
function isPastLogin(observation: Observation, { registry, repository }: Applicant): boolean {
  return (
    judge(observation, { host: registry.host, repository, secret: undefined }).stage === 'PushAuthorized'
  );
}

/** What the manifest is asked for with. */
interface Pass {
  readonly kind: 'pass';
  readonly authorization: Secret | undefined;
}

/** The authorization of the push where it can be good for the pull, too; else that of a token of its own. */
async function passFor(
  { repository }: ManifestName,
  got: Access | Denied,
  applicant: Applicant,
  exchange: Exchange,
): Promise<Pass | Pulled> {
  if (got.kind === 'access') {
    const { tokens, granted, authorization } = got;
    const mayPull = repository === applicant.repository && granted?.includes('pull') === true;
    if (tokens === undefined || mayPull) return { kind: 'pass', authorization };
    return askForToken(tokens, repository, exchange);
  }
  return askForToken(got.tokens, repository, exchange);
}

async function askForToken(
  tokens: TokenService,
  repository: string,
  exchange: Exchange,
): Promise<Pass | Pulled> {
  const { answer: response } = await requestToken(tokens, pullScope(repository), exchange, 'pull-token');
  if (response.kind !== 'response') return response;
  const realm = shownOrigin(tokens.realm);
  if (response.status !== 200) return { kind: 'PullTokenDenied', answer: exchange.answerOf(response), realm };
  const token = parseToken(response.body);
  if (typeof token === 'string') return { kind: 'PullTokenUnusable', problem: token, realm };
  return { kind: 'pass', authorization: bearer(token) };
}
