import type { FailureReason } from '../reason.ts';
import type { Explanation } from './explanation.ts';

const NOTHING_SENT = 'No request was sent.';

/** Reasons that are about the login. */
export const AUTHENTICATED = {
  SecretNotFound: {
    meaning: 'The Secret does not exist.',
    symptom: 'A pod that names it as imagePullSecrets says "Unable to retrieve some image pull secrets".',
    evidence: `The API server knows no Secret of this name in the namespace of the check. ${NOTHING_SENT}`,
    causes: [
      'A typing error in spec.existingSecret, or the Secret is in another namespace.',
      'The Secret has not been made yet: for two minutes after the check was made, that is waited for.',
      'Somebody, or a tool that syncs Secrets, has removed it.',
    ],
  },
  SecretForbidden: {
    meaning: 'The operator may not read the Secret.',
    symptom: 'Nothing but the check fails: this is about a right in the cluster.',
    evidence: `The API server answered the read of the Secret by 403. ${NOTHING_SENT}`,
    causes: [
      'The namespace was never opened to the operator: it may read Secrets only where somebody allows it.',
      'The Role names single Secrets, and not this one.',
    ],
  },
  SecretTypeUnsupported: {
    meaning: "The Secret's type cannot hold a registry login.",
    symptom: 'A pod that names it as imagePullSecrets cannot pull either.',
    evidence: `The Secret was read, and its type is none with a login, such as that of a service account or of a TLS certificate. ${NOTHING_SENT}`,
    causes: ['spec.existingSecret names the wrong Secret.', 'The Secret was made with the wrong type.'],
  },
  SecretInvalid: {
    meaning: "The Secret's content cannot be used.",
    symptom: 'docker login with the same values would not even start, or a pod says "invalid docker config".',
    evidence: `The Secret was read, and the message names the key and what is wrong in it, without its value. ${NOTHING_SENT}`,
    causes: [
      'base64 was applied twice, or a line break was encoded along.',
      'The JSON of the docker configuration is cut off, or is no JSON.',
      'Two logins are in it, and which one is meant cannot be known.',
      'ca.crt, tls.crt or tls.key is no PEM.',
    ],
  },
  CredentialsNotMatched: {
    meaning: 'The Secret has no login for this registry.',
    symptom: 'docker push with this configuration says "no basic auth credentials".',
    evidence:
      'The Secret was read, and none of its entries is for the host (and port, and path) of the check; or it has a token alone where the registry takes a user name and a password.',
    causes: [
      'The entry is for another host name of the same registry, or lacks the port.',
      'The entry is for one path of the registry, and the repository of the check is under another.',
      'The Secret is for another registry.',
    ],
  },
  CredentialsNotBound: {
    meaning: 'The Secret does not say to which registry its login may be sent.',
    symptom:
      'docker push may work: this is a rule of the operator, so that no check sends a login to a stranger.',
    evidence: `The Secret has a user name and a password (or a token) and names no registry, by key or annotation. ${NOTHING_SENT}`,
    causes: ['A Secret that was made for something that knows its registry from elsewhere.'],
  },
  CredentialsTooBroad: {
    meaning: "The Secret's wildcard would send the login to anyone.",
    symptom:
      'docker push may work: this is a rule of the operator, so that no check sends a login to a stranger.',
    evidence: `The only entry that matches has a wildcard that is as wide as a whole top-level or shared domain. ${NOTHING_SENT}`,
    causes: ['A docker configuration with an entry such as *.com or *.azurecr.io.'],
  },
  CredentialsRejected: {
    meaning: 'The registry, or its token service, refused the login.',
    symptom:
      'docker login says "unauthorized: incorrect username or password" or "401 Unauthorized"; docker push says "unauthorized: authentication required".',
    evidence:
      'A request that is about the login alone (GET /v2/ with it, or a token request without a scope) was refused by 401 or 403. So it is not about a right in a repository.',
    causes: [
      'The password or token is wrong, or was replaced, revoked or disabled.',
      'The user name is not the one that belongs to it: robots, tokens and cloud registries have user names of their own form.',
      'A line break or a space at the end of the password, or a dollar sign that a shell or a template has eaten.',
      'An account with two-factor or single sign-on, whose own password does not work here.',
    ],
  },
  CredentialsExpired: {
    meaning: 'The login was good once and has run out.',
    symptom:
      'docker push worked yesterday, and now says "unauthorized" or "authorization token has expired".',
    evidence:
      'The login was refused, and either the registry says that it has expired, or the login or its Secret states an end that has passed.',
    causes: [
      'A token of a cloud registry that lives for hours, and nothing that renews it.',
      'A personal access token or robot account with an end that nobody noted.',
      'The login was renewed, and expiresAt or the annotation of the Secret still has the old end.',
    ],
  },
  LoginLocked: {
    meaning: 'The registry has locked the login.',
    symptom: 'docker login says "too many failed login attempts", also with the right password.',
    evidence: 'The registry, or its token service, refused the login in words about too many failed ones.',
    causes: [
      'Something else still uses an old password: a pipeline, another cluster, a laptop.',
      'The password was changed at the registry and not in all Secrets.',
    ],
  },
  CredentialsRequired: {
    meaning: 'The check has no Secret, and the registry wants a login.',
    symptom:
      'docker push without docker login says "no basic auth credentials" or "unauthorized: authentication required".',
    evidence: 'A request without a login was refused by 401 or 403.',
    causes: ['spec.existingSecret was left out.', 'The registry was open once and is not any more.'],
  },
  TokenRefused: {
    meaning: 'The registry refuses a token that its own token service has just issued.',
    symptom: 'docker login works, and every docker push says "unauthorized", for everybody.',
    evidence:
      'The token service answered 200 with a token, and the registry answered the very next request by 401 with error="invalid_token".',
    causes: [
      'The token service signs with a key that the registry does not know: after a renewal of its certificate, for example.',
      'issuer, service or audience differ between the two.',
      'The clocks of the two are apart.',
    ],
  },
  TokenServiceFailed: {
    meaning: 'The token service failed.',
    symptom:
      'docker push says "failed to fetch oauth token" or "unexpected status from GET request" with the address of the token service.',
    evidence:
      'GET /v2/ named a token service (realm), and that gave no answer, a server error, a redirect, or a 200 without a usable token.',
    causes: [
      'The token service is down, or is not reachable from here while the registry is.',
      'realm in the configuration of the registry names an old or internal address.',
      'Its certificate does not verify.',
    ],
  },
  TokenRealmNotTrusted: {
    meaning: 'The token service is on a host that must not get the login.',
    symptom: 'docker push may work: docker sends the login wherever the registry says.',
    evidence:
      'GET /v2/ named a token service (realm) on another domain, at an address, over plain http, or by no valid URL. The login was not sent.',
    causes: [
      'A token service on a domain of its own, which has to be allowed once.',
      'A registry that does not know its own external URL and names an internal one.',
      'A registry that collects logins: find out before you allow anything.',
    ],
  },
  UnsupportedAuthScheme: {
    meaning: 'The registry offers no login scheme that a push can use.',
    symptom: 'docker login says "unsupported authentication scheme" or just 401.',
    evidence:
      'GET /v2/ was answered by 401 without WWW-Authenticate, or with schemes other than Bearer and Basic.',
    causes: [
      'A proxy in front that removes the header, or wants a login of its own (Negotiate, NTLM).',
      'The address is that of a web interface.',
    ],
  },
} as const satisfies Partial<Record<FailureReason, Explanation>>;
