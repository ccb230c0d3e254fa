const patch = (spec: string): string =>
  `kubectl patch rpc {name} -n {namespace} --type=merge -p '{"spec":${spec}}'`;

/** In a list of steps: the step that names another repository, which is typed in different places. */
export const OTHER_REPOSITORY = '{otherrepository}';

/** The same for a check in a cluster; `isFirst`: nothing was offered before it. */
export const otherSteps = (isFirst: boolean): readonly string[] => [
  `${isFirst ? 'Use' : 'Or use'} a repository that exists, in a project of your own (the check uploads no image): ${patch('{"pushTestRepository":"TEAM/IMAGE"}')}`,
];

/** In a list of steps: the step that lets the check create the repository. */
export const LET_CREATE = '{letcreate}';

/** The same for a check in a cluster. */
export const CREATE_STEPS: readonly string[] = [
  `Or let the check create it, empty (it stays allowed until you remove the field): ${patch('{"allowRepositoryCreation":true}')}`,
];
