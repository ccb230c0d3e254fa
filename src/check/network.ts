import { isIP } from 'node:net';
import type { NetworkCause } from '../registry/failure.ts';
import { bareHost } from '../registry/origin.ts';
import type { PullStep, Step, Unanswered } from './observation.ts';
import { REASONS, type Reason, type Stage } from './reason.ts';
import { tokenService, verdict, type Verdict } from './verdict.ts';

const STAGE_OF: Readonly<Record<Step, Stage>> = {
  ping: 'Reachable',
  login: 'Authenticated',
  token: 'Authenticated',
  look: 'PushAuthorized',
  upload: 'PushAuthorized',
  cancel: 'PushAuthorized',
};

const STEP_WORDS: Readonly<Record<Exclude<Step | PullStep, 'token' | 'pull-token'>, string>> = {
  ping: 'GET /v2/',
  login: 'GET /v2/ with the login',
  look: 'the look for the repository',
  upload: 'the upload request',
  cancel: 'the cancel of the upload',
  manifest: 'the manifest request',
};

/** Cause → reason and the end of the sentence "HOST …". Of the token service, most of them are TokenServiceFailed. */
const NETWORK: Readonly<Record<NetworkCause, readonly [Reason, string]>> = {
  'name-not-found': ['DNSLookupFailed', 'has no address in DNS'],
  refused: ['ConnectionRefused', 'refused the connection'],
  unreachable: ['ConnectionRefused', 'cannot be reached: no route to its address'],
  'connect-timeout': [
    'ConnectionTimedOut',
    'could not be reached: no connection came about before the timeout',
  ],
  reset: ['ConnectionReset', 'cut the connection before the answer was complete'],
  'tls-timeout': [
    'RegistryTimeout',
    'accepted the connection and did not finish the TLS handshake before the timeout',
  ],
  deadline: ['RegistryTimeout', 'did not answer before the timeout'],
  'address-denied': ['EgressDenied', 'resolves to an address that checks must not reach'],
  'address-private': ['EgressDenied', 'resolves to a private address'],
  protocol: ['RegistryProtocolError', 'sent an answer that is not valid HTTP'],
  'body-too-large': ['RegistryProtocolError', 'sent an answer larger than 64 KiB'],
  'own-resources': ['OperatorResourceExhausted', 'was not asked: the operator ran out of sockets or memory'],
  'proxy-unreachable': ['ProxyFailed', 'was not asked: the proxy cannot be reached'],
  'proxy-denied': [
    'ProxyFailed',
    'was not asked: the proxy has an address that is never reached unless egress.allowCIDRs has it',
  ],
  'proxy-tls': ['ProxyFailed', 'was not asked: the TLS handshake with the proxy failed'],
  'proxy-timeout': ['ProxyFailed', 'was not asked: the proxy opened no connection before the timeout'],
  'proxy-login': ['ProxyFailed', 'was not asked: the proxy wants a login, or refused the one it got (407)'],
  'proxy-refused': ['ProxyFailed', 'was not asked: the proxy allows no connection to it (403)'],
  'proxy-gateway': ['ProxyFailed', 'was not asked: the proxy cannot reach it'],
  'proxy-answer': ['ProxyFailed', 'was not asked: the proxy gave an answer that does not open a connection'],
  'tls-expired': ['TLSVerificationFailed', 'has an expired certificate'],
  'tls-not-yet-valid': ['TLSVerificationFailed', 'has a certificate that is not valid yet'],
  'tls-wrong-name': ['TLSVerificationFailed', 'has a certificate for another host name'],
  'tls-unknown-authority': ['TLSVerificationFailed', 'has a certificate signed by an unknown authority'],
  'tls-not-tls': ['TLSVerificationFailed', 'does not speak TLS on this port'],
  'tls-other': ['TLSVerificationFailed', 'failed the TLS handshake'],
};

/** A request of the push that got no answer. */
export function networkFailed(
  end: Extract<Unanswered<Step>, { kind: 'NetworkFailed' }>,
  host: string,
): Verdict {
  const { step, failure } = end;
  const { reason, message } = noAnswer(end, host);
  if (reason === 'OperatorResourceExhausted') return verdict(reason, undefined, message);
  if (reason !== 'TokenServiceFailed') return verdict(reason, STAGE_OF[step], message);
  // A certificate does not get better by waiting; a connection may.
  const lasting = REASONS[NETWORK[failure.cause][0]] === 'transient' ? 'transient' : 'persistent';
  return verdict(reason, STAGE_OF[step], message, lasting);
}

/** Why a request had no answer to go on with. */
interface Failure {
  readonly reason: Reason;
  readonly message: string;
}

/** A request of the pull that got no answer, or was redirected. */
export function unanswered(end: Unanswered<PullStep>, host: string): Failure {
  if (end.kind === 'NetworkFailed') return noAnswer(end, host);
  const reason = isOfTokens(end.step) ? 'TokenServiceFailed' : 'RedirectedElsewhere';
  return { reason, message: redirectOf(end, host) };
}

function noAnswer(
  { step, failure, realm }: Extract<Unanswered<Step | PullStep>, { kind: 'NetworkFailed' }>,
  host: string,
): Failure {
  const [reason, words] = NETWORK[failure.cause];
  if (reason === 'OperatorResourceExhausted') return { reason, message: `${host} ${words}` };
  const ofTokens = isOfTokens(step);
  const who = ofTokens ? tokenService(host, realm) : host;
  const place = ofTokens ? (realm ?? '').replace(/^https?:\/\//, '') : host;
  const literal = reason === 'EgressDenied' && isAddress(place);
  const what = literal ? words.replace('resolves to', 'is') : words;
  const unless = failure.cause === 'address-private' ? consentFor(host, literal ? place : undefined) : '';
  // Who was asked for a token was asked for nothing else.
  const during = step === 'ping' || ofTokens ? '' : ` (during ${STEP_WORDS[step]})`;
  const status = failure.status === undefined ? '' : ` (${failure.status})`;
  const way = failure.proxied === true ? ' (through the proxy)' : '';
  const own = reason === 'EgressDenied' || reason === 'RegistryTimeout' || reason === 'ProxyFailed';
  return {
    reason: ofTokens && !own ? 'TokenServiceFailed' : reason,
    message: `${who} ${what}${status}${way}${unless}${during}`,
  };
}

/** What lets a check without a login reach a private address. */
function consentFor(host: string, literal: string | undefined): string {
  const address = literal === undefined ? undefined : bareHost(literal.replace(/:\d+$/, ''));
  const range = address === undefined ? 'its address' : `${address}/${isIP(address) === 6 ? '128' : '32'}`;
  return `, and the check names no existingSecret: it is reached only if policy.trustedRegistries of the operator has ${host}, or egress.allowCIDRs has ${range}`;
}

/** Whether a request went to a token service. */
export function isOfTokens(step: Step | PullStep): step is 'token' | 'pull-token' {
  return step === 'token' || step === 'pull-token';
}

/** Whether a `host` or `host:port` is an address and no name. */
function isAddress(host: string): boolean {
  return host.startsWith('[') || isIP(host.replace(/:\d+$/, '')) !== 0;
}

type Redirected<S extends Step | PullStep> = Extract<Unanswered<S>, { kind: 'Redirected' }>;

function redirectOf({ step, to, within, loops, realm }: Redirected<Step | PullStep>, host: string): string {
  if (loops === true && !isOfTokens(step))
    return `${host} redirected ${STEP_WORDS[step]} again and again to paths of its own: its redirects go round in a circle`;
  const origin = to === undefined ? 'to an address that cannot be read' : `to ${to}`;
  const where = within ? 'to another path of the same host' : origin;
  return isOfTokens(step)
    ? `${tokenService(host, realm)} redirected ${where}`
    : `${host} redirected ${STEP_WORDS[step]} ${where}`;
}

/** A request of the push that was redirected to where it does not follow. */
export function redirected(end: Redirected<Step>, host: string): Verdict {
  const { step, within, loops } = end;
  const message = redirectOf(end, host);
  if (step === 'token') return verdict('TokenServiceFailed', 'Authenticated', message, 'persistent');
  const hint = within && loops !== true ? ': spec.registryUrl may lack a path prefix' : '';
  return verdict('RedirectedElsewhere', STAGE_OF[step], `${message}${hint}`);
}
