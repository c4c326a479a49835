#!/bin/sh
# Measures what docs/BENCHMARKS.md says: bench.sh TRACEREC GO [PART...]
# Records only processes that it starts. Alternating runs, medians of $RUNS.
# No part begins later than $LIMIT seconds (900) after the start: those left
# out are named. TRACEREC_PPROF=DIR keeps a CPU profile of the recorder there.
set -eu
bin=$(realpath "$1")
go=$2
shift 2
parts=${*:-start cpu peers bpf rate sync memory http build bytes formats read length format}
RUNS=${RUNS:-5}
LIMIT=${LIMIT:-900}
began=$(date +%s)
dir=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$dir/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

say() { printf '| %s | %s |\n' "$1" "$2"; }
have() { command -v "$1" >/dev/null 2>&1; }
calc() { awk "BEGIN {printf \"$1\\n\", $2}"; } # FORMAT EXPRESSION
# The number in the middle of those on stdin, one a line, and their range.
median() {
	sort -n | awk -v f="$1" '{v[NR] = $1} END {
		if (NR) printf f " (" f " … " f ")", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2, v[1], v[NR]}'
}
wall() { cut -d' ' -f1 "$1"; }
cpu() { cut -d' ' -f2 "$1"; }
rounds() { seq "$RUNS"; }
# A number of "info --json": rows, lost or seen.
total() { "$bin" info --json "$1" 2>/dev/null | grep -oE "\"$2\":\"?[0-9]+" | grep -oE '[0-9]+$' | tail -n 1; }
quiet() { "$@" >/dev/null 2>"$work/said" || { cat "$work/said" >&2; exit 1; }; }
record() { # TRACE CMD...: the calls that $events selects, without it the default
	trace=$1
	shift
	set -- "$bin" record --force -e "${events:-default}" -o "$trace" -- "$@"
	if [ -n "${TRACEREC_PPROF:-}" ]; then
		shift
		set -- "$bin" --cpuprofile "$TRACEREC_PPROF/$(basename "$trace").pprof" "$@"
	fi
	quiet "$@"
}

gcc -O2 -static -Wall -o "$work/bench" "$dir/bench/bench.c"
bench=$work/bench

# A C project of 40 files that include what C files usually do.
project() {
	mkdir -p "$1"
	for i in $(seq 40); do
		printf '#include <%s>\n' stdio.h stdlib.h string.h unistd.h errno.h fcntl.h signal.h time.h pthread.h math.h \
			sys/types.h sys/stat.h sys/socket.h sys/mman.h netinet/in.h
		for j in $(seq 60); do
			echo "int f${i}_$j(const char *s, int n) { int k = 0; for (; *s && n--; s++) k = k * 31 + (*s ^ $j); return k % ($i + 7); }"
		done
	done | awk -v d="$1" '/stdio/ {close(f); f = d "/f" ++n ".c"} {print > f}'
	echo 'int main(void) { return 0; }' >"$1/main.c"
	echo "cd $1 && ls ./*.c | xargs -n 1 -P 2 gcc -O1 -c && gcc -o program ./*.o" >"$1/build.sh"
}
# A copy of this repository under a name of its own: Go compiles its packages
# and links; the packages it imports come from Go's cache.
checkout() {
	mkdir -p "$1"
	(cd "$repo" && tar cf - go.mod go.sum analyze bpf cmd format recorder replay) | tar xf - -C "$1"
	echo "cd $1 && CGO_ENABLED=0 $go build -buildvcs=false -o program ./cmd/tracerec" >"$1/build.sh"
}
find_cat() { echo "find /usr/share /usr/include -type f -print0 | xargs -0 cat >/dev/null"; }

# What a call costs under the peers that are to be had: recorded the same two
# loops, to a file each; out of perf, bpftrace, sysdig and Tracee those on PATH.
peer() { # NAME CALLS CMD...: CPU added per call, that of the peer included
	name=$1 calls=$2
	shift 2
	: >"$work/added"
	for i in $(rounds); do
		quiet "$bench" time "$work/b" "$bench" getppid "$calls"
		if ! timeout 60 "$bench" time "$work/t" "$@" >"$work/said" 2>&1; then
			say "CPU added per call, getppid, $name" "not to be had: $(tail -n 1 "$work/said" | cut -c1-100)"
			return 0
		fi
		calc %f "($(cpu "$work/t") - $(cpu "$work/b")) / $calls * 1e6" >>"$work/added"
	done
	say "CPU added per call, getppid, $name, µs" "$(median %.2f <"$work/added")"
}
peers() {
	# perf and bpftrace need tracefs: in a mount namespace of its own, so that nothing stays
	traced='mount -t tracefs none /sys/kernel/tracing 2>/dev/null; mount -t debugfs none /sys/kernel/debug 2>/dev/null; exec "$@"'
	have perf && peer "perf record -e raw_syscalls:*" 200000 unshare -m sh -c "$traced" sh \
		perf record -q -m 4096 -o "$work/perf.data" -e 'raw_syscalls:*' -- "$bench" getppid 200000
	have perf && peer "perf trace" 100000 unshare -m sh -c "$traced" sh perf trace -o "$work/perf.txt" -- "$bench" getppid 100000
	have bpftrace && peer "bpftrace, a count by call" 200000 unshare -m sh -c "$traced" sh \
		bpftrace -e 'tracepoint:raw_syscalls:sys_enter /pid == cpid/ { @[args->id] = count(); }' -c "$bench getppid 200000"
	have sysdig && peer sysdig 200000 sh -c 'sysdig -w "$1" "proc.name=bench" & s=$!; sleep 3; "$2" getppid 200000; kill $s; wait $s; true' sh "$work/sysdig.scap" "$bench"
	have tracee && peer tracee 200000 sh -c 'tracee -s comm=bench -e getppid -o none & s=$!; sleep 5; "$1" getppid 200000; kill $s; wait $s; true' sh "$bench"
	for p in perf bpftrace sysdig tracee; do
		have $p || say "$p" "not on PATH"
	done
}

# From critical events until they are on disk, with one processor busy, and none.
sync_() {
	for load in none "one busy loop"; do
		hog=
		[ "$load" = none ] || { sh -c 'while :; do :; done' & hog=$!; }
		quiet "$bin" record --force --sync critical -o "$work/sync.trc" -- sh -c 'i=0; while [ $i -lt 200 ]; do /bin/true; sleep 0.01; i=$((i + 1)); done'
		[ -z "$hog" ] || kill "$hog"
		times=$("$bin" info --json "$work/sync.trc" | grep -oE '"sync":\{[^}]*' | grep -oE '[0-9]+' | tr '\n' ' ')
		# shellcheck disable=SC2086 # three numbers
		set -- $times
		say "--sync critical, load $load, ms until on disk" "$(calc %.1f "$2 / 1e6"), worst $(calc %.1f "$3 / 1e6"), of $1 writes"
	done
}

# Peak memory of the recorder at full speed, and what it is made of.
memory() {
	for i in $(rounds); do
		(events=all && record "$work/mem.trc" sh -c "$bench getppid 2000000; $bench open 200000 /etc/passwd; grep -E 'VmHWM|RssAnon|RssFile' /proc/\$PPID/status >$work/mem")
		awk '/VmHWM/ {print $2 / 1024}' "$work/mem" >>"$work/hwm"
	done
	for i in $(rounds); do # and when the file so far is read again, for the next one
		(events=all && record "$work/again.trc" sh -c "$bench getppid 700000; $bench open 150000 /etc/passwd; kill -HUP \$PPID; $bench open 250000 /etc/passwd; sleep 1; grep VmHWM /proc/\$PPID/status >$work/mem.again")
		awk '/VmHWM/ {print $2 / 1024}' "$work/mem.again" >>"$work/hwm.again"
		rm -f "$work"/again*
	done
	say "recorder's peak memory (VmHWM) at full speed, MiB" "$(median %.0f <"$work/hwm"); last: $(awk '/Rss/ {printf "%s %d MiB ", $1, $2 / 1024}' "$work/mem")"
	say "… with a SIGHUP that has the file so far read again, MiB" "$(median %.0f <"$work/hwm.again")"
}

# A server under load, with and without.
http() {
	(cd "$repo" && CGO_ENABLED=0 "$go" build -o "$work/http" ./testdata/bench/http)
	for i in $(rounds); do
		"$work/http" 20000 4 >"$work/bare"
		record "$work/http.trc" sh -c "$work/http 20000 4 >$work/traced"
		awk '{print $1 / $2}' "$work/bare" >>"$work/http.bare"
		paste -d' ' "$work/bare" "$work/traced" | awk '{print ($6 / $2 - 1) * 100}' >>"$work/http.slow"
		awk '{print $4}' "$work/bare" >>"$work/http.p99"
		awk '{print $4}' "$work/traced" >>"$work/http.p99t"
		total "$work/http.trc" lost >>"$work/http.lost"
	done
	say "loopback HTTP, 4 clients, bare, requests/s" "$(median %.0f <"$work/http.bare")"
	say "… time added, %" "$(median %.1f <"$work/http.slow"); lost $(median %.0f <"$work/http.lost")"
	say "… 99th percentile of a request, µs" "bare $(median %.0f <"$work/http.p99"), recorded $(median %.0f <"$work/http.p99t")"
}

# Memory of analyze by the length of a recording: the same workload once, twice, four times.
length() {
	for n in 1 2 4; do
		record "$work/len.trc" sh -c "for i in \$(seq $n); do $(find_cat); done"
		kb=$("$bench" peak "$bin" analyze --toctou --fail-on none "$work/len.trc" 2>&1 >/dev/null | tail -n 1)
		say "analyze, peak memory, $(total "$work/len.trc" rows) rows, MiB" "$(calc %.0f "$kb / 1024")"
	done
}

# From exec of tracerec to the first instruction of the command's main.
start() {
	for i in $(rounds); do
		quiet "$bench" start "$bin" record --force -o "$work/start.trc" -- "$bench" first "$work/t"
		wall "$work/t"
	done >"$work/start"
	for i in $(rounds); do
		quiet "$bench" time "$work/t" "$bin" record --force -o "$work/start.trc" -- "$bench" getppid 0
		cpu "$work/t"
	done >"$work/startcpu"
	say "start to the command's first instruction, s" "$(median %.2f <"$work/start")"
	say "CPU-seconds of a recording of nothing" "$(median %.2f <"$work/startcpu")"
}

# A recording of one of the two workloads that bytes are counted of: its $rows, and the
# $script, for peers.
recorded() { # find|gcc TRACE
	script=$work/$1.sh
	case $1 in
	find) find_cat >"$script" ;;
	gcc)
		project "$work/c"
		script=$work/c/build.sh
		;;
	esac
	quiet sh "$script" # warm
	record "$2" sh "$script"
	rows=$(total "$2" rows)
}

# Bytes per row; for peers, bytes per call of the same workload.
bytes() {
	for w in find gcc; do
		recorded $w "$work/bytes.trc"
		size=$(stat -c %s "$work/bytes.trc")
		say "bytes per row, $w" "$(calc %.2f "$size / $rows") ($rows rows, $(total "$work/bytes.trc" lost) lost)"
		if have strace; then
			quiet strace -f -ttt -T -o "$work/strace.txt" sh "$script"
			calls=$(grep -cv -e ' resumed>' -e '+++' -e '---' "$work/strace.txt")
			say "bytes per call, $w, strace -f -ttt -T" "$(calc %.0f "$(stat -c %s "$work/strace.txt") / $calls") ($calls calls)"
			rm "$work/strace.txt"
		fi
		# perf needs tracefs: in a mount namespace of its own, so that nothing stays
		if have perf && unshare -m sh -c "mount -t tracefs none /sys/kernel/tracing && exec perf record -q -m 4096 -o $work/perf.data \
			-e raw_syscalls:sys_enter -e raw_syscalls:sys_exit -- sh $script" >/dev/null 2>&1; then
			say "bytes per call, $w, perf record raw_syscalls" "$(calc %.0f "$(stat -c %s "$work/perf.data") / $rows")"
			rm "$work/perf.data"
		fi
	done
}

# The same recordings as other formats have them: bytes per row, with the
# compression that one would use. scap is not here: sysdig records the host, not a tree.
formats() {
	for w in find gcc; do
		recorded $w "$work/formats.trc"
		each() { say "bytes per row, $w, $1" "$(calc %.2f "$2 / $rows")"; }
		each ".trc, as recorded ($rows rows)" "$(stat -c %s "$work/formats.trc")"
		quiet "$bin" filter --force -o "$work/again.trc" true "$work/formats.trc"
		each ".trc, in blocks of 32k rows" "$(stat -c %s "$work/again.trc")"
		quiet "$bin" repack --force -o "$work/again.trc" "$work/formats.trc"
		each ".trc, repack" "$(stat -c %s "$work/again.trc")"
		rm "$work/again.trc"
		for f in jsonl csv parquet arrow; do
			quiet "$bin" export --force --format $f -o "$work/export" "$work/formats.trc"
			each "$f" "$(stat -c %s "$work/export")"
			case $f in
			jsonl | csv)
				each "$f, gzip" "$(gzip -c "$work/export" | wc -c)"
				! have zstd || each "$f, zstd -3" "$(zstd -qc "$work/export" | wc -c)"
				;;
			esac
			rm "$work/export"
		done
	done
}

# CPU-seconds of the calls and of the recorder while they run, less those of
# the calls alone, per call. Losing records is cheap: they are counted.
cpu_of() { # NAME CALLS ARGS OF BENCH...
	name=$1 calls=$2
	shift 2
	for f in added kernel recorder bare; do : >"$work/$f"; done
	lost=0
	# the recorder is the parent of the command; fields 14 and 15 are its CPU time in ticks
	cat >"$work/inside.sh" <<END
cat /proc/\$PPID/stat >$work/before
$bench time $work/t $bench $*
sleep 0.2
cat /proc/\$PPID/stat >$work/after
END
	for i in $(rounds); do
		quiet "$bench" time "$work/b" "$bench" "$@"
		(events=all && record "$work/cpu.trc" sh "$work/inside.sh")
		lost=$((lost + $(total "$work/cpu.trc" lost)))
		ticks=$(cat "$work/before" "$work/after" | awk '{t = $14 + $15 - t} END {print t}')
		calc %f "($(cpu "$work/t") - $(cpu "$work/b")) / $calls * 1e6" >>"$work/kernel"
		calc %f "$ticks / $(getconf CLK_TCK) / $calls * 1e6" >>"$work/recorder"
		calc %f "($(cpu "$work/t") - $(cpu "$work/b") + $ticks / $(getconf CLK_TCK)) / $calls * 1e6" >>"$work/added"
		calc %f "$(cpu "$work/b") / $calls * 1e6" >>"$work/bare"
	done
	say "CPU added per call, $name, µs" "$(median %.2f <"$work/added"); bare $(median %.2f <"$work/bare"); $lost lost"
	say "… of it in the calls, µs" "$(median %.2f <"$work/kernel")"
	say "… of it in the recorder, µs" "$(median %.2f <"$work/recorder")"
}
# The same calls by a process out of scope while another one is recorded.
cpu_outside() { # NAME CALLS ARGS OF BENCH...
	name=$1 calls=$2
	shift 2
	: >"$work/added"
	for i in $(rounds); do
		quiet "$bench" time "$work/b" "$bench" "$@"
		rm -f "$work/pid"
		"$bin" record --force -o "$work/outside.trc" -- sh -c "echo \$\$ >$work/pid.new; mv $work/pid.new $work/pid; exec sleep 600" 2>/dev/null &
		recorder=$!
		until [ -s "$work/pid" ]; do sleep 0.1; done
		quiet "$bench" time "$work/t" "$bench" "$@"
		kill "$(cat "$work/pid")"
		wait $recorder || true
		calc %f "($(cpu "$work/t") - $(cpu "$work/b")) / $calls * 1e6" >>"$work/added"
	done
	say "CPU added per call, $name, out of scope, µs" "$(median %.3f <"$work/added")"
}
cpu_strace() { # NAME CALLS ARGS OF BENCH...
	have strace || return 0
	name=$1 calls=$2
	shift 2
	for i in $(rounds); do
		quiet "$bench" time "$work/b" "$bench" "$@"
		quiet "$bench" time "$work/t" strace -f -o "$work/strace.txt" "$bench" "$@"
		calc %f "($(cpu "$work/t") - $(cpu "$work/b")) / $calls * 1e6"
	done >"$work/added"
	say "CPU added per call, $name, strace -f, µs" "$(median %.1f <"$work/added")"
}
cpu_() {
	cpu_of getppid 1000000 getppid 1000000
	cpu_of "open and close, each" 400000 open 200000 /etc/passwd
	cpu_outside getppid 2000000 getppid 2000000
	cpu_outside "open and close, each" 600000 open 300000 /etc/passwd
	cpu_strace getppid 20000 getppid 20000
	cpu_strace "open and close, each" 20000 open 10000 /etc/passwd
}

# Nanoseconds per run of each program, counted by the kernel (which adds some 20).
bpf() {
	(cd "$repo" && CGO_ENABLED=0 "$go" build -o "$work/bpfstats" ./testdata/bench/bpfstats)
	for w in "getppid 1000000" "open 300000 /etc/passwd"; do
		# shellcheck disable=SC2086 # words
		"$bin" record --force -e all -o "$work/bpf.trc" -- "$work/bpfstats" "$bench" $w 2>/dev/null |
			while read -r name runs ns; do
				[ "$runs" -lt 100000 ] || say "ns per run, ${w%% *} loop, $name" "$(calc %.0f "$ns / $runs") ($runs runs)"
			done
	done
}

# What one and two loops reach, and what is lost.
rate() {
	for n in 1 2; do
		calls=$((4000000 / n))
		for i in $(rounds); do
			(events=all && record "$work/rate.trc" "$bench" time "$work/t" sh -c "for i in \$(seq $n); do $bench getppid $calls & done; wait")
			calc %.0f "4000 / $(wall "$work/t")" >>"$work/rate$n"
			total "$work/rate.trc" lost >>"$work/lost$n"
		done
		say "getppid in $n process(es), thousand calls/s" "$(median %.0f <"$work/rate$n"), lost of 4,000,000: $(median %.0f <"$work/lost$n")"
	done
	for i in $(rounds); do
		(events=all && record "$work/rate.trc" "$bench" time "$work/t" sh -c "for i in 1 2; do $bench open 300000 /etc/passwd & done; wait")
		calc %.0f "1200 / $(wall "$work/t")" >>"$work/rateo"
		total "$work/rate.trc" lost >>"$work/losto"
	done
	say "open + close in 2 processes, thousand calls/s" "$(median %.0f <"$work/rateo"), lost of 1,200,000: $(median %.0f <"$work/losto")"
}

# Wall-clock time of builds, taken inside of the recording: without the start.
build() {
	project "$work/gcc"
	checkout "$work/go/warm"
	quiet sh "$work/gcc/build.sh"
	quiet sh "$work/go/warm/build.sh"
	for w in gcc go; do
		for i in $(rounds); do
			script=$work/gcc/build.sh
			for how in bare tracerec strace; do
				if [ $w = go ]; then
					rm -rf "$work/go"
					checkout "$work/go/$how$i"
					script=$work/go/$how$i/build.sh
				fi
				case $how in
				bare) quiet "$bench" time "$work/bare" sh "$script" ;;
				tracerec) record "$work/$w.trc" sh -c "$bench time $work/traced sh $script; grep VmHWM /proc/\$PPID/status >$work/hwm" ;;
				strace) have strace && quiet strace -f -o "$work/strace.txt" "$bench" time "$work/straced" sh "$script" ;;
				esac
			done
			wall "$work/bare" >>"$work/bare.$w"
			calc %f "($(wall "$work/traced") / $(wall "$work/bare") - 1) * 100" >>"$work/slow.$w"
			calc %f "($(cpu "$work/traced") / $(cpu "$work/bare") - 1) * 100" >>"$work/slowcpu.$w"
			have strace && calc %f "($(wall "$work/straced") / $(wall "$work/bare") - 1) * 100" >>"$work/strace.$w"
			awk '{print $2 / 1024}' "$work/hwm" >>"$work/rss"
		done
		say "$w build, bare, s" "$(median %.2f <"$work/bare.$w"); $(total "$work/$w.trc" rows) rows, $(total "$work/$w.trc" lost) lost"
		say "$w build, wall-clock added, %" "$(median %.1f <"$work/slow.$w")"
		say "$w build, CPU added to the build itself, %" "$(median %.1f <"$work/slowcpu.$w")"
		[ ! -s "$work/strace.$w" ] || say "$w build, wall-clock added by strace -f, %" "$(median %.0f <"$work/strace.$w")"
	done
	say "recorder's peak memory (VmHWM), MiB" "$(median %.0f <"$work/rss")"
}

# analyze and replay on a file of some million rows, so that the start of a program (25 ms) is little of it.
read_() {
	record "$work/big.trc" sh -c "for i in \$(seq 12); do $(find_cat); done"
	rows=$(total "$work/big.trc" rows)
	for i in $(rounds); do
		for verb in "analyze --toctou --fail-on none -j 1" "analyze -j 2 --toctou --fail-on none" "replay --tree --findings never" "replay --findings never"; do
			# shellcheck disable=SC2086 # words
			quiet "$bench" time "$work/t" "$bin" $verb "$work/big.trc"
			calc %.3f "$rows / $(cpu "$work/t") / 1e6" >>"$work/read.${verb%% --f*}"
			calc %.3f "$rows / $(wall "$work/t") / 1e6" >>"$work/wall.${verb%% --f*}"
		done
		paste -d' ' "$work/wall.analyze -j 2 --toctou" "$work/wall.analyze --toctou" | tail -n 1 | awk '{print $1 / $2}' >>"$work/two"
	done
	for verb in "analyze --toctou" "replay --tree" "replay"; do
		say "$verb, million rows per core-second" "$(median %.2f <"$work/read.$verb"); by the clock $(median %.2f <"$work/wall.$verb"); $rows rows"
	done
	say "analyze --toctou, two blocks at a time against one, by the clock" "$(median %.2f <"$work/two")"
}

format() {
	(cd "$repo" && "$go" test -run xxx -bench . -cpu 1 -benchtime 1s ./format ./analyze ./replay ./recorder) |
		awk '/^Benchmark/ {sub(/^Benchmark/, "", $1); line = ""; for (i = 3; i < NF; i += 2) if ($(i + 1) != "ns/op" || $i > 0) line = line (line ? ", " : "") $i " " $(i + 1); printf "| %s | %s |\n", $1, line}'
}

echo "$(date -u +%F), Linux $(uname -r), commit $(git -C "$repo" rev-parse --short HEAD 2>/dev/null || echo unknown), $(nproc) cpus, load $(cut -d' ' -f1 /proc/loadavg), medians of $RUNS (range)"
for part in $parts; do
	if [ $(($(date +%s) - began)) -ge "$LIMIT" ]; then
		say "$part" "left out: $LIMIT s have passed (LIMIT)"
		continue
	fi
	case $part in
	cpu | read | sync) "${part}_" ;;
	start | bytes | formats | bpf | rate | build | format | peers | memory | http | length) "$part" ;;
	*)
		echo "bench.sh: no part $part" >&2
		exit 2
		;;
	esac
done
