#!/bin/sh
# Runs all tests: test.sh GO. Ends with how long it took, what was skipped for
# which reason, and a count of tests and subtests.
set -u
GO=${1:-go}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export CGO_ENABLED=0 # as bin/tracerec is built: only so can all privileges be given up
start=$(date +%s)
$GO test -count=1 -timeout 20m -v ./... >"$log" 2>&1
code=$?

grep -E '^(ok  |FAIL|panic:)|^ *--- FAIL' "$log"
if [ $code -ne 0 ]; then
	echo "--- the failures:"
	# What the tests that failed said, and what was said outside of tests.
	awk 'NR == FNR {if (/^ *--- FAIL: /) bad[$3] = 1; next}
		/^=== (RUN|CONT|NAME|PAUSE)/ {test = $3; next}
		/^(ok  |\?   |PASS$)/ || /^ *--- (PASS|SKIP)/ {next}
		test in bad || !/^ /' "$log" "$log" | tail -n 500
fi
echo "took $(($(date +%s) - start)) s"
echo "skipped, and why:"
# A test says why before the line that it was skipped; both name the test.
awk '
	/^=== (RUN|CONT|NAME)/ {test = $3}
	/^ +[A-Za-z0-9_]+\.go:[0-9]+: / {sub(/^ +[^ ]+ /, ""); why[test] = $0}
	/^ *--- SKIP: / {
		n++
		name = $3
		print "  " name ": " (name in why ? why[name] : "no reason given")
	}
	END {if (!n) print "  nothing"}' "$log"

count() { grep -cE "$1" "$log"; }
failed=$(($(count '^ *--- FAIL') + $(count '^FAIL.*\[(build|setup) failed\]')))
[ $code -eq 0 ] || [ "$failed" -gt 0 ] || failed=1 # a package that ended without saying which test
echo "$(count '^ *--- PASS') passed, $failed failed, $(count '^ *--- SKIP') skipped"
exit $code
