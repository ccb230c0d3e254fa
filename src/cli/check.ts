import { Option, type Command } from 'commander';
import type { CheckOptions } from './check-options.ts';
import { demandVerification, EXIT, fail, SIGNALS } from './exit.ts';

const NO_PASSWORDS =
  'a password or token on the command line can be seen by everybody on this machine and stays in the history of the shell: pipe it in, printf %s "$PASSWORD" | registry-push-check check URL --username USER --password-stdin (or --token-stdin for a token without a user name)';

const EXIT_CODES = `
Without a login option, the registry is asked without a login: the logins of docker are used only with --docker-config.

Exit codes:
  0    the push is permitted
  1    an unexpected error
  2    wrong usage, or a check that breaks a rule
  3    refused: trying again will not help
  4    permitted, with findings, under --strict
  5    unknown: it may pass, a pipeline may try again
  130  SIGINT, 143 SIGTERM: after the upload session was cancelled
Of several checks, the worst one counts: 3 before 5 before 4.

Examples:
  printf %s "$PASSWORD" | registry-push-check check registry.example.com --repository team/app --username ci --password-stdin
  registry-push-check check ghcr.io --repository team/app --docker-config ~/.docker
  registry-push-check check -f check.yaml -o json | jq -r '.status.conditions[] | select(.type=="Ready").reason'`;

/** `registry-push-check check`: one probe from here, of a URL or of the checks in a file. */
export function addCheckCommand(program: Command): void {
  program
    .command('check')
    .description('ask a registry once, from here: may this login push?')
    .argument('[url]', 'the registry, such as registry.example.com:5000; https unless it says http://')
    .option('-f, --file <file>', 'instead of a URL: YAML with checks and their Secrets; "-" is stdin')
    .option('--repository <name>', 'where the push is tried; without it, stellaops/doctor-test')
    .option('--username <name>', 'user name of the login, with --password-stdin')
    .option('--password-stdin', 'read the password or access token of --username from stdin')
    .option('--token-stdin', 'read a token for the registry itself (Bearer, without a user name) from stdin')
    .option('--docker-config <path>', 'take the login from a docker config.json, or from the folder of one')
    .option('--secret <namespace/name>', 'take the login from a Secret of the cluster')
    .option('--from-cluster', 'with --file: read the Secrets that the file lacks from the cluster')
    .option('-n, --namespace <name>', 'with --file: namespace of what names none; without it, default')
    .option('--kubeconfig <file>', 'kubeconfig of the cluster; without it, $KUBECONFIG, then ~/.kube/config')
    .option('--pull <name>', 'ask for a manifest, too: REPOSITORY, REPOSITORY:TAG or REPOSITORY@DIGEST')
    .option('--timeout <duration>', 'of the whole probe, 1s to 2m; without it, 30s')
    .option('--ca-file <file>', "authorities to trust besides the system's (PEM)")
    .option('--token-host <registry=host>', 'a token service that may get the login; repeatable', collect)
    .option(
      '--trust-registry <host>',
      'with --file: lift the rules that do not hold for a typed URL: plain http, loopback addresses, Secrets that name no registry; repeatable',
      collect,
    )
    .option('-o, --output <format>', 'table, json or yaml', 'table')
    .option('--strict', 'exit 4 where the push is permitted and something was found besides')
    .addOption(new Option('-p, --password [value]').hideHelp())
    .addOption(new Option('--token [value]').hideHelp())
    .addHelpText('after', EXIT_CODES)
    .configureOutput({ outputError: (text, write) => write(withoutValues(text)) })
    .action(run);
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Commander quotes what it does not understand, and that may be a password. */
function withoutValues(text: string): string {
  return text
    .replace(/(unknown option '--[^'=]*)=[^]*?'(?=\n|$)/, "$1'")
    .replace(/(unknown option '-[^-'])[^]*?'(?=\n|$)/, "$1'")
    .replace(/(but got \d+): [^]*?\.(?=\n|$)/, '$1.');
}

async function run(url: string | undefined, options: CheckOptions): Promise<void> {
  if (options.password !== undefined || options.token !== undefined) fail([NO_PASSWORDS], EXIT.usage);
  demandVerification('use --ca-file');
  const stopped = stopOnSignal();
  const [{ readOptions, UsageError }, { runCheck }, { programName }] = await Promise.all([
    import('./check-options.ts'),
    import('./check-run.ts'),
    import('./program-name.ts'),
  ]);
  let code: number = EXIT.error;
  try {
    const program = programName(process.argv[1], process.env);
    code = await runCheck(readOptions(url, options, program), stopped.signal);
  } catch (error) {
    // A stop shows as any error at all.
    if (stopped.by() === undefined) {
      if (error instanceof UsageError) fail(error.problems, EXIT.usage);
      fail([error instanceof Error ? error.message : 'the check could not run'], EXIT.error);
    }
  }
  const by = stopped.by();
  process.exit(by === undefined ? code : EXIT[by]);
}

interface Stopped {
  readonly signal: AbortSignal;
  /** The signal that came; undefined where none has. */
  by(): 'SIGINT' | 'SIGTERM' | undefined;
}

/** The first signal ends the probe in order: an upload session that was opened is cancelled. A second one ends at once. */
function stopOnSignal(): Stopped {
  const controller = new AbortController();
  let first: 'SIGINT' | 'SIGTERM' | undefined;
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (first !== undefined) process.exit(EXIT[name]);
      first = name;
      controller.abort(new Error(`stopped by ${name}`));
    });
  }
  return { signal: controller.signal, by: () => first };
}
