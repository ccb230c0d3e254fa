import type { ManifestName } from '../registry/manifest.ts';
import { baseUrl, loginServer, type Registry } from '../registry/origin.ts';
import type { Credential } from './credential.ts';
import { diagnose, type Diagnosis } from './diagnose.ts';
import { expiredAt } from './expiry.ts';
import type { Observation, Probed } from './observation.ts';
import { recognise } from './recognise.ts';
import type { Facts } from './remediation/remedy.ts';
import type { SecretForm } from './secret-content.ts';

/** What was met, and under which names. */
export interface Case {
  readonly observation: Observation;
  /** Undefined where no request was sent. */
  readonly probed: Probed | undefined;
  /** Undefined where the check names none that can be read. */
  readonly registry: Registry | undefined;
  /** Empty where the check cannot be read. */
  readonly repository: string;
  /** Of the pull; undefined where none is asked for. */
  readonly manifest: ManifestName | undefined;
  /** Name of the Secret; undefined where the check has none. */
  readonly secret: string | undefined;
  /** How the Secret holds its login; undefined where it could not be read. */
  readonly form: SecretForm | undefined;
  /** Undefined where no login was used. */
  readonly login: Pick<Credential, 'expiry' | 'findings'> | undefined;
  /** User name of the operator in the cluster; undefined where it is not known, or not needed. */
  readonly operator: string | undefined;
  readonly namespace: string;
  /** Name of the check. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** What it means, and what the advice about it is filled with: all but the step that verifies. */
export interface Conclusion {
  readonly diagnosis: Diagnosis;
  readonly facts: Omit<Facts, 'verify'>;
}

/** What a case means. The operator and the command line both ask here. */
export function conclude(met: Case): Conclusion {
  const { observation, probed, registry, login } = met;
  const names = {
    host: registry?.host ?? 'the registry',
    repository: met.repository,
    secret: met.secret,
  };
  const subject = { ...names, expiredAt: expiredAt(login, met.nowMs) };
  const insecure = probed !== undefined && registry?.origin.protocol === 'http:';
  const pull = met.manifest && { manifest: met.manifest, pulled: probed?.pull };
  const found = diagnose(observation, subject, insecure, pull);
  return {
    diagnosis: { ...found, findings: [...found.findings, ...(login?.findings ?? [])] },
    facts: {
      ...names,
      url: registry === undefined ? '' : baseUrl(registry),
      server: registry === undefined ? '' : loginServer(registry),
      product: probed?.product ?? (registry && recognise(registry.origin.hostname, undefined)),
      form: met.form,
      part: observation.kind === 'SecretUnusable' ? observation.problem.part : undefined,
      expirySource: login?.expiry?.source,
      operator: met.operator,
      namespace: met.namespace,
      name: met.name,
    },
  };
}
