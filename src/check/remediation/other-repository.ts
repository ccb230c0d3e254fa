const patch = (spec: string): string =>
  `kubectl patch rpc {name} -n {namespace} --type=merge -p '{"spec":${spec}}'`;

/** In a list of steps: the step that names another repository, which is typed in different places. */
export const OTHER_REPOSITORY = '{otherrepository}';

/** The same for a check in a cluster. */
export const OTHER_STEPS: readonly string[] = [
  `Use a repository that exists, in a project of your own: ${patch('{"pushTestRepository":"TEAM/NAME"}')}`,
];

/** In a list of steps: the step that lets the check create the repository. */
export const LET_CREATE = '{letcreate}';

/** The same for a check in a cluster. */
export const CREATE_STEPS: readonly string[] = [
  `Let the check create it, empty: ${patch('{"allowRepositoryCreation":true}')}`,
];
