import type { RegistryPushCheck, RegistryPushCheckStatus } from '../api/registrypushcheck.ts';
import type { CheckSpec } from '../api/validate.ts';
import { conclude } from '../check/conclude.ts';
import { remedyFor } from '../check/remediation/remedy.ts';
import type { Met } from './met.ts';
import { nextStatus } from './status.ts';
import { verifyCommand } from './verify.ts';

/** What was met → what it means → what to do → the status of the check. Pure: conflicts are resolved by calling it again. */
export function statusAfter(
  check: RegistryPushCheck,
  spec: CheckSpec | undefined,
  met: Met,
): RegistryPushCheckStatus {
  const { namespace, name } = check.metadata;
  const { diagnosis, facts } = conclude({
    ...met,
    repository: spec?.repository ?? '',
    manifest: spec?.pull,
    secret: spec?.existingSecret,
    form: met.secretForm,
    namespace,
    name,
  });
  const remediation = remedyFor(diagnosis.reason, { ...facts, verify: verifyCommand(namespace, name) });
  return nextStatus({ ...met, check, spec, diagnosis, remediation, host: met.registry?.host });
}
