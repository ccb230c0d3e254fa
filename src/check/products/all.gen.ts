// Generated from the files of src/check/products by "npm run generate". Do not edit.

import { PRODUCT as ACR } from './acr.ts';
import { PRODUCT as ALIBABA } from './alibaba.ts';
import { PRODUCT as ARTIFACTORY } from './artifactory.ts';
import { PRODUCT as CLOUDSMITH } from './cloudsmith.ts';
import { PRODUCT as DIGITALOCEAN } from './digitalocean.ts';
import { PRODUCT as DISTRIBUTION } from './distribution.ts';
import { PRODUCT as DOCKER_HUB } from './docker-hub.ts';
import { PRODUCT as ECR } from './ecr.ts';
import { PRODUCT as ECR_PUBLIC } from './ecr-public.ts';
import { PRODUCT as GAR } from './gar.ts';
import { PRODUCT as GHCR } from './ghcr.ts';
import { PRODUCT as GITEA } from './gitea.ts';
import { PRODUCT as GITLAB } from './gitlab.ts';
import { PRODUCT as HARBOR } from './harbor.ts';
import { PRODUCT as IBM_CLOUD } from './ibm-cloud.ts';
import { PRODUCT as NEXUS } from './nexus.ts';
import { PRODUCT as OCIR } from './ocir.ts';
import { PRODUCT as OPENSHIFT } from './openshift.ts';
import { PRODUCT as PULP } from './pulp.ts';
import { PRODUCT as QUAY } from './quay.ts';
import { PRODUCT as SCALEWAY } from './scaleway.ts';
import { PRODUCT as TTL_SH } from './ttl-sh.ts';
import { PRODUCT as ZOT } from './zot.ts';

/** Every product, by the name of its file. */
export const PRODUCTS = {
  acr: ACR,
  alibaba: ALIBABA,
  artifactory: ARTIFACTORY,
  cloudsmith: CLOUDSMITH,
  digitalocean: DIGITALOCEAN,
  distribution: DISTRIBUTION,
  'docker-hub': DOCKER_HUB,
  ecr: ECR,
  'ecr-public': ECR_PUBLIC,
  gar: GAR,
  ghcr: GHCR,
  gitea: GITEA,
  gitlab: GITLAB,
  harbor: HARBOR,
  'ibm-cloud': IBM_CLOUD,
  nexus: NEXUS,
  ocir: OCIR,
  openshift: OPENSHIFT,
  pulp: PULP,
  quay: QUAY,
  scaleway: SCALEWAY,
  'ttl-sh': TTL_SH,
  zot: ZOT,
} as const;

/** A product: a key of {@link PRODUCTS}. */
export type ProductId = keyof typeof PRODUCTS;
