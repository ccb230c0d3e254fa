import type { NetworkCause } from '../registry/failure.ts';
import type { Step } from './observation.ts';
import { REASONS, type Reason, type Stage } from './reason.ts';
import { verdict, type Verdict } from './verdict.ts';

const STAGE_OF: Readonly<Record<Step, Stage>> = {
  ping: 'Reachable',
  login: 'Authenticated',
  token: 'Authenticated',
  upload: 'PushAuthorized',
  cancel: 'PushAuthorized',
};

const STEP_WORDS: Readonly<Record<Step, string>> = {
  ping: 'GET /v2/',
  login: 'GET /v2/ with the login',
  token: 'the token request',
  upload: 'the upload request',
  cancel: 'the cancel of the upload',
};

/** Cause → reason and the end of the sentence "HOST …". Of the token service, most of them are TokenServiceFailed. */
const NETWORK: Readonly<Record<NetworkCause, readonly [Reason, string]>> = {
  'name-not-found': ['DNSLookupFailed', 'has no address in DNS'],
  refused: ['ConnectionRefused', 'refused the connection'],
  unreachable: ['ConnectionRefused', 'cannot be reached: no route to its address'],
  'connect-timeout': ['ConnectionTimedOut', 'did not accept a connection in time'],
  reset: ['ConnectionReset', 'cut the connection before the answer was complete'],
  deadline: ['RegistryTimeout', 'did not answer before the timeout'],
  'address-denied': ['EgressDenied', 'has an address that checks must not reach'],
  protocol: ['RegistryProtocolError', 'sent an answer that is not valid HTTP'],
  'body-too-large': ['RegistryProtocolError', 'sent an answer larger than 64 KiB'],
  'own-resources': ['OperatorResourceExhausted', 'was not asked: the operator ran out of sockets or memory'],
  'tls-expired': ['TLSVerificationFailed', 'has an expired certificate'],
  'tls-not-yet-valid': ['TLSVerificationFailed', 'has a certificate that is not valid yet'],
  'tls-wrong-name': ['TLSVerificationFailed', 'has a certificate for another host name'],
  'tls-unknown-authority': ['TLSVerificationFailed', 'has a certificate signed by an unknown authority'],
  'tls-not-tls': ['TLSVerificationFailed', 'does not speak TLS on this port'],
  'tls-other': ['TLSVerificationFailed', 'failed the TLS handshake'],
};

/** A request that got no answer. */
export function networkFailed(step: Step, cause: NetworkCause, host: string): Verdict {
  const [reason, words] = NETWORK[cause];
  const stage = STAGE_OF[step];
  if (reason === 'OperatorResourceExhausted') return verdict(reason, undefined, `${host} ${words}`);
  const who = step === 'token' ? `the token service of ${host}` : host;
  const message = step === 'ping' ? `${who} ${words}` : `${who} ${words} (during ${STEP_WORDS[step]})`;
  const ofTokenService = step === 'token' && reason !== 'EgressDenied' && reason !== 'RegistryTimeout';
  if (!ofTokenService) return verdict(reason, stage, message);
  // A certificate does not get better by waiting; a connection may.
  const lasting = REASONS[reason] === 'transient' ? 'transient' : 'persistent';
  return verdict('TokenServiceFailed', stage, message, lasting);
}

/** A request that was redirected; `within`: to another path of the same host. Redirects are not followed. */
export function redirected(step: Step, to: string | undefined, within: boolean, host: string): Verdict {
  const origin = to === undefined ? 'to an address that cannot be read' : `to ${to}`;
  const where = within ? 'to another path of the same host' : origin;
  if (step === 'token') {
    const message = `the token service of ${host} redirected ${where}`;
    return verdict('TokenServiceFailed', 'Authenticated', message, 'persistent');
  }
  const hint = within ? ': spec.registryUrl may lack a path prefix' : '';
  return verdict(
    'RedirectedElsewhere',
    STAGE_OF[step],
    `${host} redirected ${STEP_WORDS[step]} ${where}${hint}`,
  );
}
