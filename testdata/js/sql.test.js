// The views of docs/sql over a small fleet: the counts are those of the Go code.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { tracerec } from './recording.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'tracerec-sql-'));
test.after(() => rmSync(dir, { recursive: true }));

function run(args, codes = [0]) {
  const { status, stdout, stderr } = spawnSync(tracerec, args, { maxBuffer: 1 << 30, encoding: 'utf8' });
  assert.ok(codes.includes(status), `${args.join(' ')}: ${status} ${stderr}`);
  return stdout;
}
const lines = (text) => text.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));

// Two boots of one host, another host.
mkdirSync(join(dir, 'traces'));
for (const name of ['../captures/open.trc', '../captures/benign.trc', '../traces/drill.trc', '../traces/6.12-lsm-drill.trc']) {
  copyFileSync(here(name), join(dir, 'traces', name.split('/').at(-1)));
}
const report = run(['analyze', '--toctou', '--json', join(dir, 'traces')], [0, 1]);
writeFileSync(join(dir, 'report.jsonl'), report);
const told = lines(report);
run(['export', '--parquet', '--partition', 'host,date', '-o', join(dir, 'rows'), join(dir, 'traces')]);
const rows = ['open', 'benign', 'drill', '6.12-lsm-drill'].flatMap((name) => {
  const file = join(dir, 'traces', `${name}.trc`);
  return lines(run(['export', '--format', 'jsonl', '--fields', 'wall,hostname,event,syscall,errno,comm,uid,pid,path,a_enter,a_kernel', file]));
});

const db = await (await DuckDBInstance.create(':memory:')).connect();
await db.run(`SET VARIABLE events = '${dir}/rows/**/*.parquet'; SET VARIABLE report = '${dir}/report.jsonl'`);
await db.run(readFileSync(here('../../docs/sql/views.sql'), 'utf8'));
const ask = async (sql) => (await db.runAndReadAll(sql)).getRowsJson();
const numbers = (list) => list.map((row) => row.map((v) => (typeof v === 'string' && /^\d+$/.test(v) ? Number(v) : v)));
const sorted = (list) => list.map((row) => JSON.stringify(row)).sort();
const tally = (list, key) => {
  const n = new Map();
  for (const row of list) n.set(JSON.stringify(key(row)), (n.get(JSON.stringify(key(row))) ?? 0) + 1);
  return [...n].map(([k, v]) => [...JSON.parse(k), v]);
};
const same = (got, want) => {
  assert.ok(want.length > 0, 'there is something to compare');
  assert.deepEqual(sorted(numbers(got)), sorted(want));
};
const rare = (what) => told.filter((l) => l.type === 'rare' && l.what === what);

test('events: every row, with its host and day', async () => {
  same(await ask('SELECT host, CAST(date AS VARCHAR), count(*) FROM events GROUP BY ALL'), tally(rows, (r) => [r.hostname, r.wall.slice(0, 10)]));
});
test('1. rare executables', async () => {
  same(await ask('SELECT executable, hosts, times, first_host FROM rare_executables'), rare('executable').map((l) => [l.value, l.hosts, l.count, l.first_host]));
});
test('2. rare destinations', async () => {
  same(await ask('SELECT destination, hosts, times, first_host FROM rare_destinations'), rare('destination').map((l) => [l.value, l.hosts, l.count, l.first_host]));
});
test('3. rare findings', async () => {
  same(await ask('SELECT rule, argument, comm, hosts, times, first_host FROM rare_findings'),
    rare('finding').map((l) => [l.rule, l.argument, l.value, l.hosts, l.count, l.first_host]));
});
test('4. divergences per day', async () => {
  const hosts = new Map(told.filter((l) => l.type === 'coverage').map((l) => [l.file, l.host]));
  same(await ask('SELECT CAST(date AS VARCHAR), host, divergences FROM divergences_per_day'),
    tally(told.filter((l) => l.verdict === 'divergent'), (l) => [l.time.slice(0, 10), hosts.get(l.file)]));
});
test('5. who connected where', async () => {
  const inet = (r) => /^([0-9.]+|\[.*\]):[0-9]+$/.test(r.a_kernel ?? r.a_enter ?? '');
  same(await ask('SELECT host, comm, uid, destination, times FROM who_connected_where'),
    tally(rows.filter((r) => r.event === 'syscall' && r.syscall === 'connect' && inet(r)), (r) => [r.hostname, r.comm, r.uid, r.a_kernel ?? r.a_enter]));
});
test('6. processes before and after a finding', async () => {
  const finding = told.find((l) => l.verdict === 'divergent' && l.syscall === 'execve');
  const host = told.find((l) => l.type === 'coverage' && l.file === finding.file).host;
  const micro = (s) => BigInt(Date.parse(s.slice(0, 19) + 'Z')) * 1000n + BigInt((s.slice(20).replace(/Z$/, '') + '000000').slice(0, 6));
  const near = rows.filter((r) => r.hostname === host && ['fork', 'exec', 'exit'].includes(r.event)
    && micro(r.wall) >= micro(finding.time) - 1000000n && micro(r.wall) <= micro(finding.time) + 1000000n);
  const got = await ask(`SELECT event, pid, comm FROM around('${finding.id}', 1)`);
  const [[far]] = await ask(`SELECT max(abs(distance)) AS far FROM around('${finding.id}', 1)`);
  assert.ok(far > 0 && far <= 1, `distances are seconds, up to ${far}`);
  assert.ok(near.some((r) => r.wall < finding.time) && near.some((r) => r.wall > finding.time));
  same(got, near.map((r) => [r.event, r.pid, r.comm]));
});
test('7. failing calls', async () => {
  same(await ask('SELECT host, syscall, errno, times FROM failing_calls'),
    tally(rows.filter((r) => r.event === 'syscall' && r.errno), (r) => [r.hostname, r.syscall, r.errno]));
});
test('8. new executables', async () => {
  same(await ask('SELECT executable, CAST(date AS VARCHAR), first_host FROM new_executables'),
    rare('executable').map((l) => [l.value, l.first.slice(0, 10), l.first_host]));
});
test('9. trust', async () => {
  same(await ask('SELECT host, boot_id, files, rows, arguments, unseen, lost, incomplete FROM trust'),
    told.filter((l) => l.type === 'host').map((l) => [l.host, l.boot_id, l.files, l.rows, l.arguments, l.unseen, l.lost, l.incomplete]));
});
test('10. programs', async () => {
  same(await ask('SELECT host, comm, calls, failed FROM programs'), tally(rows.filter((r) => r.event === 'syscall'), (r) => [r.hostname, r.comm])
    .map(([host, comm, n]) => [host, comm, n, rows.filter((r) => r.event === 'syscall' && r.hostname === host && r.comm === comm && r.errno).length]));
});

test('what docs/sql.md shows', () => {
  const page = readFileSync(here('../../docs/sql.md'), 'utf8');
  const [, command] = page.match(/^    node docs\/sql\/ask\.mjs (.*)$/m);
  const [, ...args] = command.match(/^'(rows\/[^']*)' (report\.jsonl) '([^']*)'$/);
  const [, shell] = page.match(/^    D (SELECT .*);$/m);
  assert.equal(args[2], shell, 'the shell is asked the same');
  const { status, stdout, stderr } = spawnSync(process.execPath, [here('../../docs/sql/ask.mjs'), join(dir, args[0]), join(dir, args[1]), args[2]], { encoding: 'utf8', cwd: here('.') });
  assert.equal(status, 0, stderr);
  const wrong = spawnSync(process.execPath, [here('../../docs/sql/ask.mjs'), join(dir, args[0]), join(dir, args[1]), 'SELECT * FROM nosuch'], { encoding: 'utf8', cwd: here('.') });
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /^ask\.mjs: .*nosuch/);
  const shown = stdout.trimEnd().split('\n').map((line) => `    ${line}\n`).join('');
  assert.ok(shown.split('\n').length > 4 && page.includes(shown), `docs/sql.md lacks\n${shown}`);
});
