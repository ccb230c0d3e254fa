import { RENEW_EXPIRY, WRITE_GIVEN_LOGIN } from '../remediation/write-login.ts';
import type { Place, Product } from './product.ts';

const DOCS = 'https://learn.microsoft.com/azure/container-registry';

/** NAME.azurecr.io, of China and of the US government; with a domain name label, a hash follows the name. */
const HOST = /^([a-z0-9]{5,50})(?:-[a-z0-9]+)?\.azurecr\.(?:io|cn|us)$/;

const assign = (role: string): string =>
  `az role assignment create --assignee CLIENT_ID --role ${role} --scope "$(az acr show --name {registry} --query id --output tsv)"`;
/** Straight into the environment: so nothing secret is shown. */
const NEW_SECRET =
  'For a service principal, of which CLIENT_ID is the user name, take a further secret into this shell; it ends after a year: REGISTRY_USER=CLIENT_ID; REGISTRY_PASSWORD="$(az ad sp credential reset --id CLIENT_ID --append --query password --output tsv)"';
const NEW_TOKEN_PASSWORD = `Or for a token of the registry, make its second password anew, which ends the second one that it has: REGISTRY_USER=TOKEN; REGISTRY_PASSWORD="$(az acr token credential generate --name TOKEN --registry {registry} --password2 --query "passwords[?name=='password2'].value" --output tsv)"`;
const SEE_SECRETS =
  'See when the secrets of a service principal end: az ad sp credential list --id CLIENT_ID';

/** The name of the registry, as the az command takes it. */
function valuesOf({ hostname }: Place): Readonly<Record<string, string>> | undefined {
  const registry = HOST.exec(hostname)?.[1];
  return registry === undefined ? undefined : { registry };
}

/** Azure Container Registry. */
export const PRODUCT: Product = {
  name: 'Azure Container Registry',
  is: ({ hostname }) => HOST.test(hostname),
  values: valuesOf,
  docs: `${DOCS}/container-registry-rbac-built-in-roles-overview`,
  domains: ['learn.microsoft.com'],
  permission: {
    text: 'Role AcrPush on the registry; where its permissions mode is "RBAC Registry + ABAC Repository Permissions", the role Container Registry Repository Writer instead. A token of the registry needs content/read and content/write on the repository.',
    evidence: 'documented',
  },
  probe: [
    {
      text: 'Who may not push is refused at the upload with 401, as is a wrong password at the token request; the check tells them apart by asking for a token without a scope.',
      evidence: 'reported',
    },
    {
      text: 'The firewall of the registry answers before any login, 403 on the first request.',
      evidence: 'reported',
    },
    {
      text: 'Repositories come into being by a push: as far as is known, asking for an upload lists none.',
      evidence: 'recalled',
    },
  ],
  unproven: [
    {
      text: 'Locked tags and images: they are judged when the manifest comes.',
      evidence: 'documented',
    },
    {
      text: 'Room in the storage of the service tier.',
      evidence: 'documented',
    },
  ],
  advice: {
    PushDenied: {
      summary:
        'Give the login at Azure ({host}) the right to push {repository}; which role counts depends on the mode of the registry.',
      steps: [
        'See the mode, which the portal calls role assignment permissions mode (Settings > Properties): az acr show --name {registry} --query roleAssignmentMode --output tsv',
        `LegacyRegistryPermissions, or nothing: the role is AcrPush, and CLIENT_ID that of the service principal or managed identity: ${assign('AcrPush')}`,
        `AbacRepositoryPermissions: AcrPush, Owner and Contributor do not count there. Without a condition, as here, this role is for all repositories; for {repository} alone, assign it in the portal (Access control (IAM)) with one, as the linked page says: ${assign('"Container Registry Repository Writer"')}`,
        'For a token of the registry, add the repository to its scope map: az acr scope-map update --name MAP --registry {registry} --add-repository {repository} content/read content/write',
        'The Secret can stay as it is. A new role may need some minutes until it counts.',
      ],
      evidence: 'documented',
      docs: `${DOCS}/container-registry-rbac-abac-repository-permissions`,
    },
    CredentialsRejected: {
      summary:
        'Put a login into {login} that Azure ({host}) accepts: this one is wrong, expired or disabled.',
      steps: [
        'Look at the user name. The client ID of a service principal, the name of a token, {registry} for the admin user (which has to be enabled: Settings > Access keys), or 00000000-0000-0000-0000-000000000000 for what "az acr login" gives out, which ends after 3 hours.',
        SEE_SECRETS,
        NEW_SECRET,
        NEW_TOKEN_PASSWORD,
        WRITE_GIVEN_LOGIN,
      ],
      evidence: 'documented',
      docs: `${DOCS}/container-registry-troubleshoot-login`,
    },
    CredentialsExpired: {
      summary: {
        cluster: 'Renew the login at Azure ({host}) in {login}, and let the cluster do it where it is short.',
        elsewhere: 'Renew the login at Azure ({host}), and let a timer do it where it is short.',
      },
      steps: [
        NEW_SECRET,
        NEW_TOKEN_PASSWORD,
        WRITE_GIVEN_LOGIN,
        RENEW_EXPIRY,
        {
          cluster:
            'What "az acr login" gives out (user 00000000-0000-0000-0000-000000000000) ends after 3 hours: let the cluster fetch it anew, by the External Secrets Operator with its generator ACRAccessToken and workload identity, or by a CronJob.',
          elsewhere:
            'What "az acr login" gives out (user 00000000-0000-0000-0000-000000000000) ends after 3 hours: let a timer fetch it anew, or use a service principal or a token of the registry.',
        },
      ],
      evidence: 'documented',
      docs: `${DOCS}/container-registry-troubleshoot-login`,
    },
    RegistryReadOnly: {
      summary: 'Unlock {repository} in Azure ({host}): it takes no pushes.',
      steps: [
        'See whether the repository is locked (writeEnabled is false): az acr repository show --name {registry} --repository {repository} --query changeableAttributes',
        'Somebody may have had a reason; if not, unlock it: az acr repository update --name {registry} --repository {repository} --write-enabled true',
      ],
      evidence: 'reported',
      docs: `${DOCS}/container-registry-image-lock`,
    },
    RateLimited: {
      summary:
        'Ask Azure ({host}) less often, or move the registry to a higher service tier: it asks for fewer requests.',
      steps: [
        {
          cluster:
            'The limits are those of the service tier, for all clients together: have fewer checks, or give them longer intervals (spec.interval).',
          elsewhere: 'The limits are those of the service tier, for all clients together: ask less often.',
        },
        'See which tier it is: az acr show --name {registry} --query sku.name --output tsv',
      ],
      evidence: 'reported',
      docs: `${DOCS}/container-registry-skus`,
    },
    AccessBlocked: {
      summary: 'Let the network of the cluster in at the firewall of the Azure registry {registry}.',
      steps: [
        {
          cluster:
            'See ADDRESS, the public one that the registry sees: its answer names it; do this from within the cluster: curl -sS -m 20 {url}/v2/',
          elsewhere:
            'See ADDRESS, the public one that the registry sees: its answer names it: curl -sS -m 20 {url}/v2/',
        },
        'See whether the registry has public access at all: az acr show --name {registry} --query publicNetworkAccess --output tsv',
        'Enabled: add ADDRESS (Settings > Networking > Public access > Selected networks; service tier Premium): az acr network-rule add --name {registry} --ip-address ADDRESS',
        {
          cluster:
            'Disabled: the way in is a private endpoint in the network of the cluster, with the private DNS zone privatelink.azurecr.io linked to that network.',
          elsewhere:
            'Disabled: the way in is a private endpoint in your network, with the private DNS zone privatelink.azurecr.io linked to that network.',
        },
      ],
      evidence: 'reported',
      docs: `${DOCS}/container-registry-troubleshoot-access`,
    },
  },
};
