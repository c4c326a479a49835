#!/bin/sh
# The main job in one command: record our own races, find the lies, draw the
# timeline. Without the privileges to record, the captured traces serve.
set -u
bin=$1
trace=demo.trc
if "$bin" doctor >/dev/null 2>&1; then
	echo "\$ $bin drill -o $trace"
	rm -f $trace
	"$bin" drill -o $trace || [ $? -eq 1 ] || exit 2
else
	"$bin" doctor
	echo
	echo "this machine does not allow recording (see above): the captured race in testdata/ serves instead"
	cp testdata/traces/drill.trc $trace
fi
echo
echo "\$ $bin analyze $trace --toctou --limit 3"
"$bin" analyze $trace --toctou --limit 3
code=$?
[ $code -eq 1 ] || { echo "demo: analyze found no lie (exit $code)" >&2; exit 1; }
echo
echo "\$ $bin replay $trace --tree"
"$bin" replay $trace --tree | head -n 40
echo
echo "demo: the recording is $trace; exit code 1 of analyze says that there are findings"
