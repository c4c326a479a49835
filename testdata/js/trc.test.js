// The reader of trc.js finds in our files what tracerec itself finds there.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rows, blocks, finalHash } from './trc.js';
import { tracerec, trace as recorded } from './recording.js';

const run = (...args) => execFileSync(tracerec, args, { maxBuffer: 1 << 30, encoding: 'utf8' });

// The recording may be of an older version than the one that trc.js reads.
const dir = mkdtempSync(join(tmpdir(), 'tracerec-js-'));
test.after(() => rmSync(dir, { recursive: true }));
const trace = join(dir, 'trace.trc');
run('filter', '-o', trace, 'true', recorded);
const file = readFileSync(trace);
const info = JSON.parse(run('info', '--json', trace));

test('the chain and the final hash hold', () => {
  assert.equal(blocks(file).blocks.length, info.blocks);
  assert.equal(finalHash(file), info.final_hash);
  const bad = Buffer.from(file);
  bad[blocks(file).blocks[0].offset + 600] ^= 1;
  assert.throws(() => finalHash(bad), /chain is broken/);
});

// A line of dump: name=value pairs, bytes in quotes.
function parse(line) {
  const row = {};
  for (const [, name, text, number] of line.matchAll(/ (\w+)=(?:"((?:[^"\\]|\\.)*)"|(-?\d+))/g)) {
    row[name] = number !== undefined ? BigInt(number) : text;
  }
  return row;
}

test('every value of every row is what tracerec reads', () => {
  const lines = run('dump', '--bare', trace).split('\n').filter((l) => l && !/^(tracerec|id|header|block|totals) /.test(l));
  let n = 0, values = 0;
  for (const row of rows(file)) {
    const want = parse(lines[n].replace(/^\S+/, ''));
    for (const [name, value] of Object.entries(row)) {
      if (name === 'event') continue; // a name in the text
      if (Buffer.isBuffer(value)) {
        if (value.every((c) => c >= 32 && c < 127 && c !== 34 && c !== 92)) assert.equal(value.toString('latin1'), want[name], `row ${n}, ${name}`);
        else assert.ok(want[name] !== undefined, `row ${n}, ${name}`);
      } else if (value === null) assert.equal(want[name], undefined, `row ${n}, ${name}`);
      else assert.equal(value, want[name] ?? 0n, `row ${n}, ${name}`);
      values++;
    }
    n++;
  }
  assert.equal(n, lines.length);
  assert.equal(n, info.rows);
  assert.ok(values > 40 * n);
});
