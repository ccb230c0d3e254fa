import { answer, token } from '../../support/scripted-registry.ts';
import { PING } from '../probe-table.ts';
import {
  describeProduct,
  json,
  noLogin,
  noToken,
  PUSH,
  refusal,
  text,
  tokensAt,
  withLogin,
  withToken,
  type Row,
} from './product.ts';

const t1 = token('t1');

const EXPIRED = 'Your authorization token has expired. Reauthenticate and try again.';
const NOT_AUTHORIZED =
  'User: arn:aws:iam::1:user/ci is not authorized to perform: ecr:InitiateLayerUpload on resource: arn:x because no identity-based policy allows it';
const aws = tokensAt('/token/', 'public.ecr.aws');

describeProduct('Amazon ECR', [
  {
    name: 'a wrong password',
    turns: noLogin(text(401, 'Not Authorized\n'), 'Basic realm="https://r/",service="ecr.amazonaws.com"'),
    outcome: 'CredentialsRejected False',
  },
  ...[400, 401, 403].map((status): Row => ({
    name: `a password that has expired (${status})`,
    turns: noLogin(refusal(status, 'DENIED', EXPIRED)),
    outcome: 'CredentialsExpired False',
    says: /it has expired$/,
  })),
  {
    name: 'a password that has expired on the way',
    turns: withLogin(refusal(403, 'DENIED', EXPIRED)),
    outcome: 'CredentialsExpired False',
  },
  {
    name: 'no right to start an upload',
    turns: withLogin(refusal(403, 'DENIED', NOT_AUTHORIZED)),
    outcome: 'PushDenied True',
  },
  {
    name: 'no such repository',
    turns: withLogin(
      refusal(
        404,
        'NAME_UNKNOWN',
        "The repository with name 'team/app' does not exist in the registry with id '1'",
      ),
    ),
    outcome: 'RepositoryNotFound True',
  },
  {
    name: 'too many requests',
    turns: withLogin(refusal(429, 'TOOMANYREQUESTS', 'Rate exceeded')),
    outcome: 'RateLimited True',
  },
  {
    name: 'too many requests behind a 400',
    turns: withLogin(json(400, { __type: 'ThrottlingException', message: 'Rate exceeded' })),
    outcome: 'RateLimited True',
  },
  {
    name: 'a wrong password at the public one',
    turns: noToken(aws, answer(401), answer(401)),
    outcome: 'CredentialsRejected False',
  },
  {
    name: 'no right at the public one',
    turns: withToken(aws, t1, [PUSH, refusal(403, 'DENIED', NOT_AUTHORIZED.replace('ecr:', 'ecr-public:'))]),
    outcome: 'PushDenied Unknown',
  },
  {
    name: 'no such repository at the public one',
    turns: withToken(aws, t1, [PUSH, refusal(404, 'NAME_UNKNOWN', 'The repository does not exist')]),
    outcome: 'RepositoryNotFound Unknown',
  },
]);

const google = tokensAt('/v2/token', undefined);
const GONE =
  'Permission "artifactregistry.repositories.uploadArtifacts" denied on resource "projects/p/locations/l/repositories/r" (or it may not exist)';

describeProduct('Google Artifact Registry', [
  {
    name: 'no right or no such repository, at the token request',
    turns: noToken(google, refusal(403, 'DENIED', GONE)),
    outcome: 'PushDenied Unknown',
    says: /either the login has no push right or there is no such repository/,
  },
  {
    name: 'no right or no such repository, at the upload',
    turns: withToken(google, t1, [PUSH, refusal(403, 'DENIED', GONE)]),
    outcome: 'PushDenied Unknown',
    says: /either the login has no push right or there is no such repository/,
  },
  {
    name: 'a wrong key',
    turns: noToken(
      google,
      refusal(401, 'UNAUTHORIZED', 'authentication failed'),
      refusal(401, 'UNAUTHORIZED', 'authentication failed'),
    ),
    outcome: 'CredentialsRejected False',
  },
  {
    name: 'a 401 to the upload without a challenge',
    turns: withToken(
      google,
      t1,
      [PUSH, refusal(401, 'UNAUTHORIZED', 'No valid credential was supplied.')],
      [google.proof, answer(401)],
    ),
    outcome: 'CredentialsRejected False',
  },
  {
    name: 'a perimeter of the organization',
    turns: noToken(google, refusal(403, 'DENIED', "Request is prohibited by organization's policy")),
    outcome: 'AccessBlocked Unknown',
  },
]);

const azure = tokensAt('/oauth2/token', 'r.azurecr.io');

describeProduct('others', [
  {
    name: 'the firewall of Azure',
    turns: () => [
      [
        PING,
        refusal(
          403,
          'DENIED',
          "client with IP '192.0.2.1' is not allowed access. Refer https://aka.ms/acr/firewall",
        ),
      ],
    ],
    outcome: 'AccessBlocked Unknown',
  },
  {
    name: 'a lock of Azure',
    turns: withToken(azure, t1, [
      PUSH,
      refusal(
        405,
        'REGISTRY_DISALLOWED_OPERATION',
        'The operation is disallowed on this registry, repository or image.',
      ),
    ]),
    outcome: 'RegistryReadOnly Unknown',
  },
  {
    name: 'no right at Artifactory',
    turns: withLogin(
      json(401, {
        errors: [{ status: 401, message: 'User is unauthorized to upload to team/app/_uploads' }],
      }),
    ),
    outcome: 'PushDenied True',
  },
  {
    name: 'a group of Nexus',
    turns: withLogin(
      refusal(403, 'DENIED', 'Deploying to groups is a PRO-licensed feature. See https://links'),
    ),
    outcome: 'RegistryReadOnly True',
    says: /group of repositories/,
  },
  {
    name: 'the repositories of a plan of DigitalOcean',
    turns: noToken(azure, refusal(403, 'DENIED', 'registry contains 1 repositories, limit is 1')),
    outcome: 'QuotaExceeded Unknown',
  },
  {
    name: 'the storage quota of IBM Cloud',
    turns: withToken(azure, t1, [
      PUSH,
      refusal(403, 'DENIED', 'You have exceeded your storage quota. Delete …'),
    ]),
    outcome: 'QuotaExceeded Unknown',
  },
]);
