// Asks DuckDB's library in Node where there is no duckdb shell:
//
//   npm install @duckdb/node-api
//   node docs/sql/ask.mjs 'rows/**/*.parquet' report.jsonl 'SELECT * FROM rare_executables LIMIT 4'
//
// The library is looked for where one stands, not beside this file.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [events, report, ...questions] = process.argv.slice(2);
if (questions.length === 0) {
  console.error("use: node ask.mjs 'rows/**/*.parquet' report.jsonl 'SELECT …' ['SELECT …']");
  process.exit(2);
}
const fail = (error) => {
  const missing = error.code === 'MODULE_NOT_FOUND';
  console.error(`ask.mjs: ${missing ? "DuckDB's library is not here: npm install @duckdb/node-api" : error.message.trim()}`);
  process.exit(2);
};
process.on('uncaughtException', fail).on('unhandledRejection', fail);
const { DuckDBInstance } = createRequire(join(process.cwd(), 'x'))('@duckdb/node-api');
const db = await (await DuckDBInstance.create(':memory:')).connect();
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
await db.run(`SET VARIABLE events = ${quoted(events)}; SET VARIABLE report = ${quoted(report)}`);
await db.run(readFileSync(new URL('views.sql', import.meta.url), 'utf8'));
for (const question of questions) {
  const answer = await db.runAndReadAll(question);
  const rows = [answer.columnNames(), ...answer.getRowsJson().map((row) => row.map((v) => (typeof v === 'object' && v !== null ? JSON.stringify(v) : String(v ?? ''))))];
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  if (rows.length === 1) console.error('ask.mjs: no rows');
  for (const row of rows) console.log(row.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd());
}
