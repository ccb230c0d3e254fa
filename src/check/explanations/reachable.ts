import type { FailureReason } from '../reason.ts';
import type { Explanation } from './explanation.ts';

/** Reasons that are mostly given before a login is sent. */
export const REACHABLE = {
  DNSLookupFailed: {
    meaning: 'The host name of the registry has no address.',
    symptom: 'docker push says "no such host".',
    evidence: 'The name servers said that there is no such name, so no request was sent.',
    causes: [
      'A typing error in the URL of the registry.',
      'A private name that only resolves elsewhere: on a laptop with the VPN, and not in the cluster.',
      'A firewall or NetworkPolicy that keeps the name servers (port 53) from being asked.',
    ],
  },
  ConnectionRefused: {
    meaning: 'Nothing listens at the address of the registry, or no route leads there.',
    symptom: 'docker push says "connect: connection refused" or "no route to host".',
    evidence: 'The name has an address, and the attempt to connect was turned down at once.',
    causes: [
      'The registry is not running, or listens on another port.',
      'A firewall that turns connections down instead of dropping them.',
      'DNS still names an old address.',
    ],
  },
  ConnectionTimedOut: {
    meaning: 'No connection came about in time.',
    symptom: 'docker push hangs, then says "i/o timeout" or "request canceled while waiting for connection".',
    evidence:
      'The name has an address, and nothing at all came back from it before the timeout of the check.',
    causes: [
      'A firewall, security group or NetworkPolicy that drops the packets.',
      'A registry that is only reachable by VPN or from another network.',
      'The wrong port: many firewalls drop what is not listed.',
    ],
  },
  ConnectionReset: {
    meaning: 'The connection was cut before the answer was complete.',
    symptom: 'docker push says "connection reset by peer" or "EOF", often only now and then.',
    evidence: 'A connection came about, and it ended in the middle of a request or of its answer.',
    causes: [
      'A proxy or load balancer in front of the registry restarts, or ends connections early.',
      'The registry crashes while it answers.',
      'A firewall that inspects traffic and cuts what it does not like.',
    ],
  },
  ProxyFailed: {
    meaning: 'The proxy that has to be used refused or failed.',
    symptom: 'docker push through the same proxy says "proxyconnect tcp" or "Proxy Authentication Required".',
    evidence:
      'The proxy of HTTPS_PROXY was asked by CONNECT for a way to the registry and gave none: 407 (it wants a login), 403 (it does not allow this host), 502 to 504 (it cannot reach it), or no answer.',
    causes: [
      'The proxy wants a login, or its password was changed.',
      'The proxy does not allow this host or port.',
      'A registry inside your network that should be exempt by NO_PROXY.',
    ],
  },
  RegistryTimeout: {
    meaning: 'The registry did not answer before the timeout of the check.',
    symptom: 'docker push says "context deadline exceeded", "TLS handshake timeout" or "awaiting headers".',
    evidence: 'A connection came about, and the TLS handshake or an answer was not complete in time.',
    causes: [
      'The registry or its database or storage is overloaded.',
      'Its token service waits for a directory (LDAP, OIDC) that does not answer.',
      'A network that drops large packets (MTU): connections open, and answers never come.',
    ],
  },
  TLSVerificationFailed: {
    meaning: 'The certificate of the registry does not verify.',
    symptom:
      'docker push says "x509: certificate signed by unknown authority", "certificate has expired" or "server gave HTTP response to HTTPS client".',
    evidence:
      'The TLS handshake failed: the message says whether the certificate has expired, is for another name, is of an unknown authority, or whether the port speaks no TLS. No login was sent.',
    causes: [
      'A private authority that is not among the trusted ones.',
      'A certificate that was not renewed, or one for another name.',
      'Something in between that breaks TLS open: a proxy, or an ingress with its own default certificate.',
      'A registry that wants a client certificate.',
    ],
  },
  NotARegistry: {
    meaning: 'Something answers there, but it does not speak the registry protocol.',
    symptom: 'docker push says "error parsing HTTP 404 response body: invalid character \'<\'".',
    evidence: 'GET /v2/ was answered neither by 200 nor by 401, often with a web page.',
    causes: [
      'The URL is that of the web interface and not of the registry.',
      'A path in the URL that belongs into the repository, or a path prefix that is missing.',
      'A reverse proxy that does not pass /v2/ on.',
    ],
  },
  RegistryUnavailable: {
    meaning: 'The registry answered with a server error.',
    symptom: 'docker push says "received unexpected HTTP status: 503 Service Unavailable".',
    evidence: 'A request was answered by 500 or more.',
    causes: [
      'An outage, an upgrade or a restart.',
      'The storage or the database behind the registry is down or full.',
      'A proxy in front has nothing behind it (502, 503, 504).',
    ],
  },
  RegistryProtocolError: {
    meaning: 'The answer was no valid HTTP, or too large.',
    symptom: 'docker push says "malformed HTTP response".',
    evidence: 'What came back could not be read as an HTTP answer, or was larger than 64 KiB.',
    causes: [
      'The port is that of another service.',
      'http and https are mixed up.',
      'A proxy in front that garbles answers.',
    ],
  },
  RateLimited: {
    meaning: 'The registry asked for fewer requests.',
    symptom: 'docker push says "toomanyrequests" or "429 Too Many Requests".',
    evidence:
      'A request was answered by 429, or a refusal spoke of too many requests. The check waits as long as the answer asked for.',
    causes: [
      'A limit for the account or for the address that all of the cluster shares.',
      'Too many checks of one registry, or too short intervals.',
      'Wrong logins: some registries answer too many of them like this.',
    ],
  },
  EgressDenied: {
    meaning: 'The host has an address that checks must not reach.',
    symptom: 'docker push may work: this is a rule of the operator, not of the registry.',
    evidence:
      'The name leads to a loopback, link-local or metadata address, to the API server or to a port of the kubelet or control plane on the node, or a check without a Secret to a private address. No packet was sent.',
    causes: [
      'A registry on the node or beside the operator, under such an address.',
      'DNS that answers with 127.0.0.1 or the like for a name that is blocked or does not exist.',
      'A check without a Secret of a registry inside your network.',
      'A URL that leads to the API server or to its port on a node.',
    ],
  },
  InsecureTransportNotAllowed: {
    meaning: 'The URL says http, and the installation does not allow that for this host.',
    symptom:
      'docker push says "server gave HTTP response to HTTPS client" unless insecure-registries names the host.',
    evidence:
      'The URL begins with http:// and insecureRegistries of the operator does not list the host. No request was sent.',
    causes: ['The URL should say https.', 'A registry without TLS that nobody has allowed yet.'],
  },
  RedirectedElsewhere: {
    meaning: 'The registry redirected to another address.',
    symptom: 'docker push ends at a login page, or fails with "unexpected status from POST request".',
    evidence:
      'A request was answered by a redirect (3xx) to another host or path. It was not followed, so that the login goes nowhere else.',
    causes: [
      'The registry has moved, or answers under another name.',
      'A portal or a single sign-on in front of the registry sends everybody to its login page.',
      'A path prefix is missing in the URL.',
    ],
  },
  AccessBlocked: {
    meaning: 'The registry refuses this network.',
    symptom: 'docker push says "403 Forbidden" from here and works from elsewhere.',
    evidence:
      'GET /v2/ without a login was answered by 403, or a refusal spoke of the network or the address.',
    causes: [
      'An allow list of networks that lacks that of the cluster.',
      'A ban after too many failed logins from this address.',
      'The registry can only be reached over a private endpoint or a VPN.',
    ],
  },
  RegistryNotAllowed: {
    meaning: "The installation's list of allowed registries does not name the host.",
    symptom: 'docker push may work: this is a rule of the operator, not of the registry.',
    evidence:
      'policy.allowedRegistries of the operator is not empty and lacks the host. No request was sent.',
    causes: [
      'A registry that nobody has allowed yet.',
      'A typing error in the URL, or a port that the list does not have.',
    ],
  },
} as const satisfies Partial<Record<FailureReason, Explanation>>;
