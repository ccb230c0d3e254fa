import type { Marks } from '../../src/registry/marks.ts';

/** An answer to `GET /v2/` without a login, as far as products are known by it. */
export interface Ping {
  /** 401 where it is left out. */
  readonly status?: number;
  /** One for each WWW-Authenticate line. */
  readonly challenges?: readonly string[];
  readonly marks?: Marks;
  readonly body?: string;
}

/** What gives a product away: its host, its answer, or both. */
export interface Shown {
  readonly hostname: string;
  /** Left out where the host alone gives it away. */
  readonly ping?: Ping;
}

/** How a product shows itself, and a name that a repository may have there. The test of all products has a case for each row. */
export interface ProductRow extends Shown {
  /** Name of its file in `src/check/products`. */
  readonly id: string;
  /** Those of its vendor: no link of the product points elsewhere. */
  readonly domains: readonly string[];
  /** In the product's own form, so that its advice can be filled. */
  readonly repository: string;
  /** Other ways to be recognised: installations of one's own, other hosts, other answers. */
  readonly also?: readonly Shown[];
}

/** One row for each file of `src/check/products`, in the order of their names. A new product needs a row here, and nothing else. */
export const PRODUCT_ROWS: readonly ProductRow[] = [
  {
    id: 'acr',
    domains: ['learn.microsoft.com'],
    hostname: 'teamimages.azurecr.io',
    repository: 'team/app',
    also: [
      { hostname: 'teamimages-abc123.azurecr.io' },
      { hostname: 'teamimages.azurecr.cn' },
      {
        hostname: 'teamimages.azurecr.us',
        ping: {
          challenges: [
            'Bearer realm="https://teamimages.azurecr.us/oauth2/token",service="teamimages.azurecr.us"',
            'Basic realm="https://teamimages.azurecr.us/oauth2/token"',
          ],
          marks: { server: 'AzureContainerRegistry' },
        },
      },
    ],
  },
  {
    id: 'alibaba',
    domains: ['alibabacloud.com'],
    hostname: 'registry.cn-hangzhou.aliyuncs.com',
    ping: {
      challenges: [
        'Bearer realm="https://dockerauth.cn-hangzhou.aliyuncs.com/auth",service="registry.aliyuncs.com:cn-hangzhou:26842"',
      ],
    },
    repository: 'team/app',
    also: [
      { hostname: 'registry-intl-vpc.ap-southeast-1.aliyuncs.com' },
      { hostname: 'team-registry.cn-shanghai.cr.aliyuncs.com' },
      { hostname: 'team-registry-vpc.cn-shanghai.cr.aliyuncs.com' },
      { hostname: 'crpi-0123456789abcdef.cn-beijing.personal.cr.aliyuncs.com' },
    ],
  },
  {
    id: 'artifactory',
    domains: ['jfrog.com'],
    hostname: 'team.jfrog.io',
    repository: 'docker-local/team/app',
    also: [
      {
        hostname: 'artifactory.example',
        ping: {
          challenges: [
            'Bearer realm="https://artifactory.example/artifactory/api/docker/docker-local/v2/token",service="artifactory.example"',
          ],
        },
      },
      {
        hostname: 'docker-local.artifactory.example',
        ping: {
          challenges: [
            'Bearer realm="https://docker-local.artifactory.example/v2/token",service="docker-local.artifactory.example"',
          ],
          marks: { 'x-jfrog-version': 'Artifactory/7.111.4 81104900' },
        },
      },
      {
        hostname: 'artifactory.example',
        ping: {
          challenges: ['Basic realm="Artifactory Realm"'],
          marks: { server: 'Artifactory/6.23.1', 'x-artifactory-id': '6d70dcfd451c8e98:237a9c5d:-8000' },
        },
      },
    ],
  },
  {
    id: 'cloudsmith',
    domains: ['docs.cloudsmith.com'],
    hostname: 'docker.cloudsmith.io',
    repository: 'workspace/team/app',
  },
  {
    id: 'digitalocean',
    domains: ['digitalocean.com'],
    hostname: 'registry.digitalocean.com',
    ping: {
      challenges: [
        'Bearer realm="https://api.digitalocean.com/v2/registry/auth",service="registry.digitalocean.com"',
      ],
    },
    repository: 'team/app',
    also: [{ hostname: 'registry.digitalocean.com' }],
  },
  {
    id: 'distribution',
    domains: ['distribution.github.io'],
    hostname: 'registry.example',
    ping: {
      challenges: ['Bearer realm="https://auth.example/token",service="registry.example"'],
      marks: { 'docker-distribution-api-version': 'registry/2.0' },
    },
    repository: 'team/app',
    also: [
      {
        hostname: 'registry.example',
        ping: {
          challenges: ['Basic realm="basic-realm"'],
          marks: { 'docker-distribution-api-version': 'registry/2.0' },
        },
      },
      {
        hostname: 'registry.example',
        ping: { status: 200, marks: { 'docker-distribution-api-version': 'registry/2.0' }, body: '{}' },
      },
    ],
  },
  {
    id: 'docker-hub',
    domains: ['docs.docker.com', 'index.docker.io', 'github.com'],
    hostname: 'registry-1.docker.io',
    repository: 'team/app',
    also: [
      { hostname: 'docker.io' },
      { hostname: 'index.docker.io' },
      {
        hostname: 'index.docker.io',
        ping: {
          challenges: ['Bearer realm="https://auth.docker.io/token",service="registry.docker.io"'],
          marks: { 'docker-distribution-api-version': 'registry/2.0' },
        },
      },
    ],
  },
  {
    id: 'ecr',
    domains: ['docs.aws.amazon.com'],
    hostname: '123456789012.dkr.ecr.eu-central-1.amazonaws.com',
    repository: 'team/app',
    also: [
      { hostname: '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com' },
      { hostname: '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn' },
      {
        hostname: '123456789012.dkr-ecr.us-east-1.on.aws',
        ping: {
          challenges: [
            'Basic realm="https://123456789012.dkr-ecr.us-east-1.on.aws/",service="ecr.amazonaws.com"',
          ],
          body: 'Not Authorized\n',
        },
      },
    ],
  },
  {
    id: 'ecr-public',
    domains: ['docs.aws.amazon.com'],
    hostname: 'public.ecr.aws',
    ping: {
      challenges: ['Bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws",scope="aws"'],
    },
    repository: 'team/app/image',
    also: [{ hostname: 'public.ecr.aws' }, { hostname: 'ecr-public.aws.com' }],
  },
  {
    id: 'gar',
    domains: ['cloud.google.com'],
    hostname: 'europe-west3-docker.pkg.dev',
    repository: 'example.com/team-123/images/app',
    also: [
      { hostname: 'us-docker.pkg.dev' },
      { hostname: 'eu.gcr.io' },
      { hostname: 'gcr.io', ping: { challenges: ['Bearer realm="https://gcr.io/v2/token"'] } },
    ],
  },
  {
    id: 'ghcr',
    domains: ['github.com'],
    hostname: 'ghcr.io',
    repository: 'owner/app',
    also: [
      {
        hostname: 'containers.github.example',
        ping: {
          challenges: [
            'Bearer realm="https://containers.github.example/token",service="containers.github.example"',
          ],
          marks: { 'x-github-request-id': 'A1B2:C3D4:5E6F:7A8B:9C0D' },
        },
      },
    ],
  },
  {
    id: 'gitea',
    domains: ['docs.gitea.com', 'forgejo.org'],
    hostname: 'gitea.example',
    ping: {
      challenges: [
        'Bearer realm="https://gitea.example/v2/token",service="container_registry",scope="*"',
        'Basic realm="Gitea Container Registry"',
      ],
    },
    repository: 'owner/app',
    also: [
      {
        hostname: 'forgejo.example',
        ping: {
          challenges: [
            'Bearer realm="https://forgejo.example/v2/token",service="container_registry",scope="*"',
          ],
        },
      },
    ],
  },
  {
    id: 'gitlab',
    domains: ['docs.gitlab.com'],
    hostname: 'registry.gitlab.com',
    repository: 'team/app/image',
    also: [
      {
        hostname: 'registry.example',
        ping: { challenges: ['Bearer realm="https://gitlab.example/jwt/auth",service="container_registry"'] },
      },
      {
        hostname: 'registry.example',
        ping: { status: 200, marks: { 'gitlab-container-registry-version': '4.15.0-gitlab' } },
      },
    ],
  },
  {
    id: 'harbor',
    domains: ['goharbor.io'],
    hostname: 'harbor.example',
    ping: { challenges: ['Bearer realm="https://harbor.example/service/token",service="harbor-registry"'] },
    repository: 'team/app',
    also: [{ hostname: 'harbor.example', ping: { challenges: ['Basic realm="harbor"'] } }],
  },
  {
    id: 'ibm-cloud',
    domains: ['cloud.ibm.com'],
    hostname: 'us.icr.io',
    ping: { challenges: ['Bearer realm=https://us.icr.io/oauth/token, service=registry'] },
    repository: 'team/app',
    also: [
      { hostname: 'icr.io' },
      { hostname: 'jp2.icr.io' },
      { hostname: 'private.icr.io' },
      { hostname: 'private.de.icr.io' },
    ],
  },
  {
    id: 'nexus',
    domains: ['sonatype.com'],
    hostname: 'nexus.example',
    ping: { challenges: ['BASIC realm="Sonatype Nexus Repository Manager"'] },
    repository: 'team/app',
    also: [
      {
        hostname: 'nexus.example',
        ping: {
          challenges: [
            'Bearer realm="https://nexus.example:5000/v2/token",service="https://nexus.example:5000/v2/token"',
          ],
        },
      },
      // The port of its web interface.
      { hostname: 'nexus.example', ping: { status: 404, marks: { server: 'Nexus/3.89.1-02 (COMMUNITY)' } } },
    ],
  },
  {
    id: 'ocir',
    domains: ['oracle.com'],
    hostname: 'fra.ocir.io',
    ping: {
      challenges: ['Bearer realm="https://fra.ocir.io/20180419/docker/token",service="fra.ocir.io",scope=""'],
    },
    repository: 'ansh81vru1zp/team/app',
    also: [{ hostname: 'ocir.eu-frankfurt-1.oci.oraclecloud.com' }],
  },
  {
    id: 'openshift',
    domains: ['docs.redhat.com'],
    hostname: 'image-registry.openshift-image-registry.svc',
    repository: 'team/app',
    also: [
      { hostname: 'image-registry.openshift-image-registry.svc.cluster.local' },
      {
        hostname: 'default-route-openshift-image-registry.apps.example',
        ping: {
          challenges: [
            'Bearer realm="https://default-route-openshift-image-registry.apps.example/openshift/token"',
          ],
          marks: { 'docker-distribution-api-version': 'registry/2.0', 'x-registry-supports-signatures': '1' },
        },
      },
    ],
  },
  {
    id: 'pulp',
    domains: ['pulpproject.org'],
    hostname: 'pulp.example',
    ping: {
      challenges: ['Bearer realm="https://pulp.example/token/",service="pulp.example"'],
      marks: { 'docker-distribution-api-version': 'registry/2.0', 'x-registry-supports-signatures': '1' },
    },
    repository: 'team/app',
  },
  {
    id: 'quay',
    domains: ['docs.redhat.com'],
    hostname: 'quay.io',
    repository: 'team/app',
    also: [
      {
        hostname: 'quay.example',
        ping: {
          challenges: ['Bearer realm="https://quay.example/v2/auth",service="quay.example"'],
          marks: { 'docker-distribution-api-version': 'registry/2.0' },
        },
      },
      {
        hostname: 'quay.example',
        ping: { status: 200, marks: { 'x-sparse-manifest-support': 'true' }, body: 'true' },
      },
    ],
  },
  {
    id: 'scaleway',
    domains: ['scaleway.com'],
    hostname: 'rg.fr-par.scw.cloud',
    ping: {
      challenges: [
        'Bearer realm="https://api.scaleway.com/registry-internal/v1/regions/fr-par/tokens",service="registry"',
      ],
    },
    repository: 'team/app',
    also: [{ hostname: 'rg.nl-ams.scw.cloud' }],
  },
  {
    id: 'ttl-sh',
    domains: ['ttl.sh'],
    hostname: 'ttl.sh',
    repository: '0b5c3f1e-app',
  },
  {
    id: 'zot',
    domains: ['zotregistry.dev'],
    hostname: 'zot.example',
    ping: {
      challenges: ['Basic realm="Authorization Required"'],
      body: '{"code":"UNAUTHORIZED","message":"authentication required","detail":""}',
    },
    repository: 'team/app',
    also: [
      {
        hostname: 'zot.example',
        ping: {
          challenges: ['Bearer realm="https://zot.example/zot/auth/token",service="zot"'],
          body: '{"code":"UNAUTHORIZED","message":"authentication required"}',
        },
      },
      {
        hostname: 'zot.example',
        ping: {
          status: 200,
          challenges: ['Basic realm="Authorization Required"'],
          marks: { 'docker-distribution-api-version': 'registry/2.0' },
          body: '{}',
        },
      },
    ],
  },
];
