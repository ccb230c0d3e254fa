#!/usr/bin/env node
import { Command } from 'commander';
import { addControllerCommand } from './cli/controller.ts';
import { version } from './cli/version.ts';
import { dieQuietly } from './crash.ts';

/** Exit code on wrong usage. */
const USAGE_EXIT = 2;

dieQuietly();

const program = new Command('registry-push-check')
  .description('Answers: can this Secret push to that registry?')
  .version(version, '-V, --version', 'print the version')
  .showHelpAfterError('(see registry-push-check --help)')
  // Commander ends with 1 on wrong usage; 1 is for what nobody expected.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE_EXIT))
  .configureHelp({ showGlobalOptions: true });
addControllerCommand(program);

await program.parseAsync();
