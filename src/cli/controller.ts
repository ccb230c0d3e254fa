import type { Command } from 'commander';
import { environmentProblems } from './environment.ts';
import { demandVerification, EXIT, fail, SIGNALS } from './exit.ts';
import { version } from './version.ts';

interface Options {
  readonly config?: string;
  readonly kubeconfig?: string;
  readonly logLevel?: string;
}

/** `registry-push-check controller`: the operator itself. */
export function addControllerCommand(program: Command): void {
  program
    .command('controller')
    .description('run the operator until SIGTERM')
    .option('--config <file>', 'configuration file (YAML); without it, the defaults')
    .option(
      '--kubeconfig <file>',
      'kubeconfig; without it, $KUBECONFIG, ~/.kube/config, then the service account of the pod',
    )
    .option('--log-level <level>', 'debug, info, warn or error; overrides log.level of the configuration')
    .action(run);
}

async function run(options: Options): Promise<void> {
  demandVerification('use caBundle');
  const loud = environmentProblems(process.env, process.execArgv);
  if (loud.length > 0) fail(loud, EXIT.usage);
  // Before anything is loaded: process 1 of a container has no default for SIGTERM.
  const stop = stopOnSignal();
  const [{ ConfigError, loadConfig, parseConfig }, { createLog }, { runOperator }] = await Promise.all([
    import('../config.ts'),
    import('../log.ts'),
    import('../main.ts'),
  ]);
  try {
    const overrides = options.logLevel === undefined ? {} : { 'log.level': options.logLevel };
    const { config: file } = options;
    const config = file === undefined ? parseConfig('', overrides) : loadConfig(file, overrides);
    const log = createLog(config.log);
    log('info', 'registry-push-check', { version, node: process.version });
    await runOperator(config, options.kubeconfig, log, stop);
  } catch (error) {
    if (error instanceof ConfigError) fail(error.problems, EXIT.usage);
    fail([error instanceof Error ? error.message : 'the operator could not start'], EXIT.error);
  }
}

/** The first SIGTERM or SIGINT ends the operator in order, a second one at once. */
function stopOnSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(EXIT[name]);
      controller.abort(new Error(`stopped by ${name}`));
    });
  }
  return controller.signal;
}
