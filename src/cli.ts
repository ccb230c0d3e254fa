#!/usr/bin/env node
import { Command } from 'commander';
import { addCheckCommand } from './cli/check.ts';
import { addControllerCommand } from './cli/controller.ts';
import { addCrdsCommand } from './cli/crds.ts';
import { EXIT } from './cli/exit.ts';
import { addExplainCommand } from './cli/explain.ts';
import { nodeProblem } from './cli/node-version.ts';
import { addVersionCommand, version } from './cli/version.ts';
import { dieQuietly } from './crash.ts';

dieQuietly();
const problem = nodeProblem(process.version);
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exit(EXIT.error);
}
// A name lookup takes a thread for as long as the name server is silent, and lookups get only half of the pool: with Node's
// four, two such names would stop every probe. This leaves one for each of the default concurrency of 32.
process.env['UV_THREADPOOL_SIZE'] ??= '72';

const program = new Command('registry-push-check')
  .description('Answers: can this Secret push to that registry?')
  .version(version, '-V, --version', 'print the version')
  .showHelpAfterError('(see registry-push-check --help)')
  // Commander ends with 1 on wrong usage; 1 is for what nobody expected.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT.usage))
  .configureHelp({ showGlobalOptions: true });
addCheckCommand(program);
addControllerCommand(program);
addCrdsCommand(program);
addExplainCommand(program);
addVersionCommand(program);

await program.parseAsync();
