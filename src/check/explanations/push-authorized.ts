import type { FailureReason } from '../reason.ts';
import type { Explanation } from './explanation.ts';

/** Reasons that are about the push. */
export const PUSH_AUTHORIZED = {
  PushDenied: {
    meaning: 'The login is good and may not push here.',
    symptom:
      'docker login says "Login Succeeded", and docker push says "denied: requested access to the resource is denied" or "insufficient_scope: authorization failed".',
    evidence:
      'The login was proven, and POST /v2/<repository>/blobs/uploads/ (or the token request for it) was refused by 401 or 403. Many registries say 401 here, not 403. Where the token can be read, the message says which rights it lacks.',
    causes: [
      'The user, robot or token may only pull here.',
      'The repository or its project does not exist, and the registry does not say so to those without a right.',
      'The name of the repository lacks the project, group or account in front.',
      'The token is for another project, or lacks a scope that pushes need.',
    ],
  },
  PushUnauthorized: {
    meaning: 'The push was refused, and whether for the login or for a right cannot be known.',
    symptom:
      'docker push says "unauthorized: authentication required"; docker login may say "Login Succeeded" for any password.',
    evidence:
      'POST /v2/<repository>/blobs/uploads/ was refused by 401 or 403, and no request that is about the login alone gave a clear answer.',
    causes: [
      'The password or token is wrong or has run out: try that first.',
      'The login is good and may only pull here.',
    ],
  },
  RepositoryNotFound: {
    meaning: 'The repository, or the project it would be in, does not exist.',
    symptom: 'docker push says "name unknown", "repository does not exist" or "project not found".',
    evidence:
      'The upload, or the token request for it, was answered by 404, or by a refusal that says that it is missing.',
    causes: [
      'A registry that makes no repositories, or no projects, by itself.',
      'No repository was named: the default one exists almost nowhere.',
      'A typing error, or a project that was renamed.',
    ],
  },
  RepositoryInvalid: {
    meaning: 'The registry does not take such a repository name.',
    symptom: 'docker push says "invalid repository name" or "name invalid".',
    evidence: 'The upload was refused with the code NAME_INVALID or in words about the name.',
    causes: [
      'Too few parts, or too many: some registries want PROJECT/NAME, others take no further slash.',
      'A part that has to be the name of an account or project.',
    ],
  },
  RegistryReadOnly: {
    meaning: 'The registry, or this part of it, takes no pushes.',
    symptom:
      'docker push says "unsupported: The operation is unsupported", "405 Method Not Allowed" or "read only".',
    evidence:
      'The upload was answered by 405, by the code UNSUPPORTED, or in words about a read-only mode, a mirror or a group.',
    causes: [
      'Maintenance: garbage collection, migration or backup.',
      'The address is that of a mirror, a proxy cache or a group of repositories.',
      'The repository is archived or locked.',
    ],
  },
  RepositoryWouldBeCreated: {
    meaning: 'Asking would create the repository, and the check does not allow that.',
    symptom:
      'Nothing fails: docker push would create the repository. The check does not, unless it is told to.',
    evidence:
      'At a product that creates repositories when it is asked for one, GET /v2/<repository>/tags/list was answered by 404, or not for this login. No upload was started.',
    causes: [
      'The repository has not been pushed to yet.',
      'No repository was named, or there is a typing error in its name.',
      'The login may not see the repository.',
    ],
  },
  QuotaExceeded: {
    meaning: 'The storage quota is used up.',
    symptom: 'docker push says "quota exceeded" or "denied" in the middle of the layers.',
    evidence: 'The upload, or the token request for it, was refused in words about a quota or a limit.',
    causes: [
      'Old images that nobody deletes, or a garbage collection that does not run.',
      'A plan with a limit on storage or on the number of repositories.',
    ],
  },
  UnexpectedResponse: {
    meaning: 'The registry gave an answer that the protocol does not know.',
    symptom: 'docker push says "unexpected status" or "error parsing HTTP response".',
    evidence:
      'The login or the upload was answered by a status that no registry gives there, or the upload by 202 without a usable Location.',
    causes: [
      'A proxy, firewall or portal answers in the place of the registry.',
      'The registry is misconfigured: an external URL that is no URL, for example.',
    ],
  },
} as const satisfies Partial<Record<FailureReason, Explanation>>;
