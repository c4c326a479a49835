// DuckDB answers questions about a recording from its Parquet export. The
// answers are compared with what the JSON Lines export says.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { tracerec, trace } from './recording.js';

const dir = mkdtempSync(join(tmpdir(), 'tracerec-duckdb-'));
test.after(() => rmSync(dir, { recursive: true }));

const parquet = join(dir, 'trace.parquet');
execFileSync(tracerec, ['export', '-o', parquet, trace]);
const lines = execFileSync(tracerec, ['export', '--format', 'jsonl', '--fields',
  'seq,event,syscall,errno,pid,comm,ret,a_enter,a_kernel,a_rungs,duration,wall', trace], { maxBuffer: 1 << 30, encoding: 'utf8' })
  .trim().split('\n').map((line) => JSON.parse(line));

const db = await (await DuckDBInstance.create(':memory:')).connect();
async function ask(sql) {
  const reader = await db.runAndReadAll(sql.replace('TRACE', `'${parquet}'`));
  return reader.getRowsJson();
}
const count = (rows, key) => {
  const n = new Map();
  for (const row of rows) n.set(key(row), (n.get(key(row)) ?? 0) + 1);
  return [...n].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([k, v]) => [...k.split('\t'), String(v)]);
};

test('every row is there', async () => {
  assert.deepEqual(await ask('SELECT count(*), count(DISTINCT seq), max(seq) FROM TRACE'),
    [[lines.length, lines.length, lines.length - 1].map(String)]);
});

test('which calls fail, and why?', async () => {
  const got = await ask(`SELECT syscall, errno, count(*) AS n FROM TRACE WHERE errno IS NOT NULL
    GROUP BY ALL ORDER BY n DESC, syscall, errno`);
  const want = count(lines.filter((r) => r.errno), (r) => `${r.syscall}\t${r.errno}`);
  assert.ok(want.length > 3);
  assert.deepEqual(got, want);
});

test('for which names did the kernel use something else than the program showed?', async () => {
  const got = await ask(`SELECT a_enter, a_kernel, count(*) AS n FROM TRACE
    WHERE event = 'syscall' AND syscall = 'openat' AND a_kernel IS NOT NULL AND list_contains(a_rungs, 'putname')
    GROUP BY ALL ORDER BY n DESC, a_enter, a_kernel`);
  const want = count(lines.filter((r) => r.event === 'syscall' && r.syscall === 'openat' && r.a_kernel !== null && r.a_enter !== null && r.a_rungs.includes('putname')),
    (r) => `${r.a_enter}\t${r.a_kernel}`);
  assert.ok(want.length > 0, 'the drill has races');
  assert.deepEqual(got.filter((r) => r[0] !== null), want);
});

test('wall times are times', async () => {
  const [[first, last, kind]] = await ask('SELECT min(wall), max(wall), any_value(typeof(wall)) FROM TRACE');
  assert.match(kind, /^TIMESTAMP/);
  const micro = (s) => s.replace('T', ' ').replace(/(\.\d{1,6})\d*Z$/, '$1').replace(/0+$/, '').replace(/Z$/, '');
  const walls = lines.map((r) => r.wall).sort();
  assert.ok(first.startsWith(micro(walls[0])), `${first} ${walls[0]}`);
  assert.ok(last.startsWith(micro(walls.at(-1))), `${last} ${walls.at(-1)}`);
});
