import type { Diagnosis, StageVerdict } from '../check/diagnose.ts';
import type { Voice } from './check-question.ts';

/** What logins are called that are no Secret of a cluster. */
export const LOGIN_NAME = {
  password: 'the login',
  token: 'the token',
  docker: 'the docker configuration',
} as const;

/** What has another name where a URL was typed: there is no check, no installation and no operator. */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [/, and the check names no existingSecret: [^(]*?(?= \(during|$)/g, ''],
  [/the check has no existingSecret/g, 'none was given'],
  [/set existingSecret to a login that/g, 'use a login that'],
  [/spec\.registryUrl/g, 'the URL'],
  [/in spec\.pull\b/g, 'with --pull'],
  [/which this installation does not trust/g, 'which is not trusted'],
  [/that checks must not reach/g, 'that only a host which was typed may have'],
  [/the operator ran out/g, 'this machine ran out'],
  [/the next probe asks again/g, 'ask again'],
];

/** A diagnosis in the words of the command line. */
export function inOwnWords(diagnosis: Diagnosis, voice: Voice): Diagnosis {
  if (voice.kind === 'file') return diagnosis;
  const say = (text: string): string => {
    let own = voice.login === undefined ? text : text.replace(/^the Secret: /, `${voice.login}: `);
    for (const [words, instead] of INSTEAD) own = own.replace(words, instead);
    return own;
  };
  const stage = (one: StageVerdict): StageVerdict => ({ ...one, message: say(one.message) });
  const { Reachable, Authenticated, PushAuthorized } = diagnosis.stages;
  return {
    ...diagnosis,
    message: say(diagnosis.message),
    stages: {
      Reachable: stage(Reachable),
      Authenticated: stage(Authenticated),
      PushAuthorized: stage(PushAuthorized),
    },
    pull: diagnosis.pull && stage(diagnosis.pull),
    findings: diagnosis.findings.map((one) => ({ ...one, message: say(one.message) })),
  };
}
