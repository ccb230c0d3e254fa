import type { Command } from 'commander';
import { EXIT, fail } from './exit.ts';

interface Options {
  readonly registry?: string;
  readonly platform?: string;
  readonly output: string;
}

const EXAMPLES = `
Nothing is asked, neither a cluster nor a registry. What only you know is in capitals: HOST, PROJECT.

Examples:
  registry-push-check explain
  registry-push-check explain PushDenied
  registry-push-check explain pushdenied --registry harbor --platform compose
  registry-push-check explain CredentialsExpired --registry 123456789012.dkr.ecr.eu-west-1.amazonaws.com`;

/** `registry-push-check explain`: what a reason means and what to do about it, without asking anybody. */
export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .description('say what a reason means and how to fix it; offline')
    .argument('[reason]', 'such as PushDenied; without it, all are listed')
    .option(
      '--registry <product>',
      'in the words of this product, such as harbor, or of that of this host; or both: harbor=HOST',
    )
    .option('--platform <name>', 'kubernetes, compose or systemd; without it, all of them')
    .option('-o, --output <format>', 'text or json', 'text')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

async function run(reason: string | undefined, { registry, platform, output }: Options): Promise<void> {
  const [{ readName, readPlace, readPlatforms }, answers, { paintFor, serialise, write }, { widthOf }] =
    await Promise.all([
      import('./explain-input.ts'),
      import('./explain-answer.ts'),
      import('./output.ts'),
      import('./paragraphs.ts'),
    ]);
  if (output !== 'text' && output !== 'json') fail(['-o, --output: text or json'], EXIT.usage);
  if (reason === undefined) {
    if (registry !== undefined || platform !== undefined)
      fail(['--registry and --platform need a reason'], EXIT.usage);
    await write(output === 'text' ? answers.renderList() : await serialise(answers.dataOfList(), 'json'));
    return;
  }
  const [name, place, platforms] = [readName(reason), readPlace(registry), readPlatforms(platform)];
  const problems = [name, place, platforms].flatMap((one) => ('problem' in one ? [one.problem] : []));
  if ('problem' in name || 'problem' in place || 'problem' in platforms) fail(problems, EXIT.usage);
  const one = answers.explained(name.value, place.value, platforms.value);
  const paint = paintFor(process.stdout, process.env);
  await write(
    output === 'text' ? answers.renderOne(one, paint, widthOf(process.stdout)) : await serialise(one, 'json'),
  );
}
