import type { RegistryPushCheck, RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import type { CheckSpec } from '../api/validate.ts';
import { diagnose } from '../check/diagnose.ts';
import { remedyFor } from '../check/remediation/remedy.ts';
import { baseUrl, loginServer } from '../registry/origin.ts';
import type { Met } from './met.ts';
import { nextStatus } from './status.ts';
import { expiredAt } from './used-login.ts';
import { verifyCommand } from './verify.ts';

/** What was met → what it means → what to do → the status of the check. Pure: conflicts are resolved by calling it again. */
export function statusAfter(
  check: RegistryPushCheck,
  spec: CheckSpec | undefined,
  met: Met,
): RegistryPushCheckStatus {
  const { namespace, name } = check.metadata;
  const { registry, probed } = met;
  const names = {
    host: registry?.host ?? 'the registry',
    repository: spec?.repository ?? '',
    secret: spec?.existingSecret,
    expiredAt: expiredAt(met.login, met.nowMs),
  };
  const insecure = probed !== undefined && registry?.origin.protocol === 'http:';
  const pull = spec?.pull && { manifest: spec.pull, pulled: probed?.pull };
  const found = diagnose(met.observation, names, insecure, pull);
  const diagnosis = { ...found, findings: [...found.findings, ...(met.login?.findings ?? [])] };
  const remediation = remedyFor(diagnosis.reason, {
    ...names,
    url: registry === undefined ? '' : baseUrl(registry),
    server: registry === undefined ? '' : loginServer(registry),
    form: met.secretForm,
    part: met.observation.kind === 'SecretUnusable' ? met.observation.problem.part : undefined,
    expirySource: met.login?.expiry?.source,
    operator: met.operator,
    namespace,
    name,
    verify: verifyCommand(namespace, name),
  });
  return nextStatus({ ...met, check, spec, diagnosis, remediation, host: registry?.host });
}
