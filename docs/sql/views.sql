-- Ten questions to a fleet's recordings, for DuckDB (1.1 or newer). docs/sql.md explains them.
--
-- Before this file, say where the data is; lists of names and globs will do:
--   SET VARIABLE events = 'rows/**/*.parquet';   -- tracerec export --parquet --partition host,date -o rows DIR
--   SET VARIABLE report = 'report.jsonl';        -- tracerec analyze --json DIR >report.jsonl

-- Rows as they were recorded; host and date are of the directories.
CREATE OR REPLACE VIEW events AS
SELECT * FROM read_parquet(getvariable('events'), hive_partitioning = true, union_by_name = true, hive_types = {'host': VARCHAR, 'date': DATE});

-- Lines of the report, of every type.
CREATE OR REPLACE VIEW report AS
SELECT * FROM read_json(getvariable('report'), format = 'newline_delimited', hive_partitioning = false, maximum_object_size = 67108864, columns = {
  'type': 'VARCHAR', 'id': 'VARCHAR', 'file': 'VARCHAR', 'analysis': 'VARCHAR', 'rule': 'VARCHAR', 'verdict': 'VARCHAR', 'severity': 'VARCHAR',
  'reason': 'VARCHAR', 'tags': 'VARCHAR[]', 'syscall': 'VARCHAR', 'argument': 'VARCHAR', 'enter': 'JSON', 'kernel': 'JSON', 'exit': 'JSON',
  'pid': 'UINTEGER', 'tid': 'UINTEGER', 'ppid': 'UINTEGER', 'comm': 'VARCHAR', 'uid': 'UINTEGER', 'time': 'VARCHAR', 'start': 'UBIGINT', 'call': 'UBIGINT', 'seq': 'UBIGINT',
  'host': 'VARCHAR', 'boot_id': 'VARCHAR', 'rows': 'UBIGINT', 'calls': 'UBIGINT', 'arguments': 'JSON', 'lost_total': 'UBIGINT', 'complete': 'BOOLEAN', 'damaged': 'BOOLEAN'});

CREATE OR REPLACE VIEW files AS
SELECT file, host, boot_id, rows, calls, arguments, lost_total AS lost, complete, damaged FROM report WHERE type = 'coverage';

-- A finding's file says of which host it is.
CREATE OR REPLACE VIEW findings AS
SELECT r.id, f.host, f.boot_id, r.file, CAST(r.time[:26] AS TIMESTAMP) AS time, CAST(r.time[:10] AS DATE) AS date, r.severity, r.analysis, r.rule, r.verdict, r.reason, r.tags,
  r.syscall, r.argument, r.enter, r.kernel, r.exit, r.pid, r.tid, r.ppid, r.comm, r.uid, r.start, r.call, r.seq
FROM report r LEFT JOIN files f ON f.file = r.file WHERE r.type = 'finding';

-- 1. Which executables ran on few hosts? The path that the kernel reached.
CREATE OR REPLACE VIEW rare_executables AS
SELECT path AS executable, count(DISTINCT host) AS hosts, count(*) AS times, min(wall) AS first, arg_min(host, wall) AS first_host
FROM events WHERE event = 'exec' AND path IS NOT NULL GROUP BY path ORDER BY hosts, times, first, executable;

-- IPv4 and IPv6 addresses that connect was called with, as the kernel used them.
CREATE OR REPLACE VIEW connects AS
SELECT host, date, wall, pid, ppid, uid, comm, start, errno, coalesce(a_kernel, a_enter) AS destination, a_enter AS shown, seq
FROM events WHERE event = 'syscall' AND syscall = 'connect' AND regexp_matches(coalesce(a_kernel, a_enter), '^([0-9.]+|\[.*\]):[0-9]+$');

-- 2. Which destinations were called by few hosts?
CREATE OR REPLACE VIEW rare_destinations AS
SELECT destination, count(DISTINCT host) AS hosts, count(*) AS times, min(wall) AS first, arg_min(host, wall) AS first_host
FROM connects GROUP BY destination ORDER BY hosts, times, first, destination;

-- 3. Which findings are rare?
CREATE OR REPLACE VIEW rare_findings AS
SELECT analysis || '/' || rule AS rule, CASE WHEN argument = '' THEN syscall ELSE syscall || '.' || argument END AS argument, comm,
  count(DISTINCT host) AS hosts, count(*) AS times, min(time) AS first, arg_min(host, time) AS first_host
FROM findings WHERE host IS NOT NULL GROUP BY ALL ORDER BY hosts, times, first;

-- 4. How many arguments differed, by day and host?
CREATE OR REPLACE VIEW divergences_per_day AS
SELECT date, host, count(*) AS divergences, count(*) FILTER (severity IN ('high', 'critical')) AS grave, count(DISTINCT comm) AS programs
FROM findings WHERE verdict = 'divergent' GROUP BY ALL ORDER BY date, host;

-- 5. Who connected where? By program and user, with how it went.
CREATE OR REPLACE VIEW who_connected_where AS
SELECT host, comm, uid, destination, count(*) AS times, count(*) FILTER (errno IS NOT NULL) AS failed, min(wall) AS first, max(wall) AS last
FROM connects GROUP BY ALL ORDER BY host, comm, uid, destination;

-- 6. Which processes began and ended before and after a finding, on its host? SELECT * FROM around('ID', 2) is two seconds. distance is in seconds.
CREATE OR REPLACE MACRO around(finding, seconds) AS TABLE
SELECT e.wall, (epoch_us(e.wall) - epoch_us(f.time)) / 1e6 AS distance, e.event, e.pid, e.ppid, e.uid, e.comm, e.path, e.pid = f.pid AS own, e.host, e.seq
FROM events e JOIN (SELECT DISTINCT ON (id) * FROM findings WHERE id = finding) f
  ON e.host = f.host AND e.wall BETWEEN f.time - to_seconds(seconds) AND f.time + to_seconds(seconds)
WHERE e.event IN ('fork', 'exec', 'exit') ORDER BY e.wall, e.seq;

-- 7. Which calls fail, where, and why?
CREATE OR REPLACE VIEW failing_calls AS
SELECT host, syscall, errno, count(*) AS times, count(DISTINCT pid) AS processes FROM events WHERE event = 'syscall' AND errno IS NOT NULL
GROUP BY ALL ORDER BY times DESC, host, syscall, errno;

-- 8. What ran on a day for the first time in the whole fleet?
CREATE OR REPLACE VIEW new_executables AS
SELECT executable, CAST(first AS DATE) AS date, first, first_host, hosts FROM rare_executables ORDER BY first, executable;

-- 9. How far can each host's report be trusted? Arguments that nobody saw or could judge, lost records, incomplete files.
CREATE OR REPLACE VIEW trust AS
WITH argument AS (SELECT file, unnest(CAST(arguments AS JSON[])) AS a FROM files),
counted AS (
  SELECT file, sum(CAST(a->>'$.calls' AS UBIGINT)) AS arguments,
    sum(coalesce(CAST(a->>'$.verdicts.unwitnessed' AS UBIGINT), 0) + coalesce(CAST(a->>'$.verdicts.inconclusive' AS UBIGINT), 0)) AS unseen
  FROM argument GROUP BY file)
SELECT f.host, f.boot_id, count(*) AS files, sum(f.rows) AS rows, coalesce(sum(c.arguments), 0) AS arguments, coalesce(sum(c.unseen), 0) AS unseen,
  sum(f.lost) AS lost, count(*) FILTER (NOT f.complete) AS incomplete
FROM files f LEFT JOIN counted c USING (file) GROUP BY ALL ORDER BY host, boot_id;

-- 10. What did each program do, in calls and time? The noisy and the slow ones.
CREATE OR REPLACE VIEW programs AS
SELECT host, comm, count(DISTINCT (pid, start)) AS threads, count(*) AS calls, count(*) FILTER (errno IS NOT NULL) AS failed, sum(duration) / 1e9 AS seconds_in_calls
FROM events WHERE event = 'syscall' GROUP BY ALL ORDER BY calls DESC, host, comm;
