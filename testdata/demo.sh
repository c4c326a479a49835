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
	cp testdata/traces/drill.trc $trace || {
		echo "demo: neither can this machine record nor is the captured race there (testdata/traces/drill.trc): nothing to show" >&2
		exit 1
	}
fi
echo
echo "\$ $bin analyze $trace --toctou --limit 3"
"$bin" analyze $trace --toctou --limit 3
code=$?
case $code in
1) ;;
0) echo "demo: analyze found no lie in $trace (exit 0)" >&2; exit 1 ;;
*) echo "demo: analyze failed (exit $code): see its message above" >&2; exit 1 ;;
esac
echo
echo "\$ $bin replay $trace --tree --width 100"
shown=40
"$bin" replay $trace --tree --width 100 | awk -v shown=$shown -v trace=$trace '
	NR <= shown
	END { if (NR > shown) printf "… %d more lines: tracerec replay %s --tree\n", NR - shown, trace }'
echo
echo "demo: the recording is $trace; exit code 1 of analyze says that there are findings"
