/** Clients of registry vendors, and what their commands need besides. */
const VENDORS = [
  'aws',
  'az',
  'cosign',
  'crane',
  'doctl',
  'gcloud',
  'gh',
  'gitlab-ctl',
  'glab',
  'htpasswd',
  'ibmcloud',
  'jf',
  'oc',
  'oci',
  'pulp',
  'scw',
  'skopeo',
] as const;

/** Programs that the command of a step may begin with. */
export const PROGRAMS = [
  'kubectl',
  'docker',
  'curl',
  'openssl',
  'getent',
  'printf',
  'registry-push-check',
  'stella',
  'sudo',
  ...VENDORS,
] as const;

const COMMAND = new RegExp(`: ((?:(?:${PROGRAMS.join('|')}) |(?:T|REGISTRY_[A-Z]+)=)[^]*)$`);

/** The command of a step, which is a sentence, or a sentence and a command after ": ". */
export function commandOf(step: string): string | undefined {
  return COMMAND.exec(step)?.[1];
}
