#!/bin/sh
# Runs all tests, then says how long it took and what was skipped, with the
# reasons that the tests gave.
set -u
GO=${1:-go}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
start=$(date +%s)
$GO test -count=1 -v ./... >"$log" 2>&1
code=$?
grep -E '^(---? FAIL|FAIL|panic:|ok  )|^    .*--- FAIL' "$log"
if [ $code -ne 0 ]; then
	echo "--- the failures, in full:"
	grep -vE '^(=== (RUN|PAUSE|CONT)|--- PASS|    --- PASS|ok  |\?   )' "$log" | tail -n 200
fi
echo "skipped, and why:"
grep -E -A2 -- '--- SKIP' "$log" | grep -vE '^--$|--- (PASS|FAIL)|=== ' || echo "  nothing"
passed=$(grep -cE -- '--- PASS' "$log")
failed=$(grep -cE -- '--- FAIL' "$log")
skipped=$(grep -cE -- '--- SKIP' "$log")
echo "took $(($(date +%s) - start)) s"
echo "$passed passed, $failed failed, $skipped skipped"
exit $code
