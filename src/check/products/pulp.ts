import { LET_CREATE, OTHER_REPOSITORY } from '../remediation/other-repository.ts';
import { WRITE_LOGIN } from '../remediation/write-login.ts';
import type { Product } from './product.ts';

const ROLES = 'https://pulpproject.org/pulp_container/docs/admin/learn/rbac/';

/** Pulp 3 with its plugin pulp_container. */
export const PRODUCT: Product = {
  name: 'Pulp',
  // OpenShift sends the same header, with another realm.
  is: ({ realm, marks }) => marks['x-registry-supports-signatures'] === '1' && realm?.pathname === '/token/',
  // The first part of a repository is its namespace.
  values: ({ repository }) => ({ space: repository.split('/', 1)[0] ?? repository }),
  docs: ROLES,
  domains: ['pulpproject.org'],
  permission: {
    text: 'The role container.containernamespace_collaborator on the namespace, or container.containerdistribution_collaborator on one distribution. With it the check can also cancel its upload session, from pulp_container 2.29 on.',
    evidence: 'source',
  },
  probe: [
    {
      text: 'Opening an upload makes the repository and its distribution, if they do not exist and the login may do that. So a check looks first whether it exists, and stops where it does not, or where the login may not read it.',
      evidence: 'source',
    },
    {
      text: 'Before pulp_container 2.29 an upload cannot be cancelled (finding UploadNotCancelled).',
      evidence: 'source',
    },
    {
      text: 'A Pulp without tokens (TOKEN_AUTH_DISABLED) asks for Basic and is not recognised; only superusers can push there.',
      evidence: 'source',
    },
  ],
  unproven: [
    {
      text: 'Room on the storage: as far as is known, Pulp has no quotas, so a full disk shows when the blobs come.',
      evidence: 'recalled',
    },
  ],
  advice: {
    PushDenied: {
      summary: 'Give the user of the login a role in Pulp ({host}) that may push into namespace {space}.',
      steps: [
        'For all repositories of the namespace: pulp container namespace role add --name {space} --role container.containernamespace_collaborator --user USER',
        'Or for this repository alone, by the name of its distribution: pulp container distribution role add --name DISTRIBUTION --role container.containerdistribution_collaborator --user USER',
        'Or use another login: the next steps, but for the last one, are for that alone.',
        WRITE_LOGIN,
      ],
      evidence: 'source',
    },
    RepositoryWouldBeCreated: {
      summary: {
        cluster:
          'Push any image to {repository} in Pulp at {host} once, or let the check leave it there, empty.',
        elsewhere: 'Push any image to {repository} in Pulp at {host} once, or name one that exists.',
      },
      steps: [
        'To Pulp the question alone is enough: the repository and its distribution stay, even when the upload is cancelled.',
        'If the repository exists, the login has no right to read it. Give it one: pulp container namespace role add --name {space} --role container.containernamespace_collaborator --user USER',
        OTHER_REPOSITORY,
        LET_CREATE,
      ],
      evidence: 'source',
    },
    RegistryReadOnly: {
      summary: 'Push to another repository of Pulp at {host}: {repository} is filled from elsewhere.',
      steps: [
        'Names that serve a synchronised repository, or the cache of another registry, take no pushes. See what is behind this one: pulp container distribution list --base-path {repository}',
        'A name that does not exist yet becomes a repository for pushes with the first push to it.',
        OTHER_REPOSITORY,
      ],
      evidence: 'source',
    },
  },
};
