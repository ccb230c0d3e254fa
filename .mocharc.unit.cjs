// The tests that need no server and no Go.
/** @type {Record<string, unknown>} */
const all = require('./.mocharc.cjs');
const unit = {
  ...all,
  ignore: ['test/charts/**', 'test/cluster/**', 'test/registries/**', 'test/demo*', 'test/demo*/**'],
};
delete unit.require;
module.exports = unit;
