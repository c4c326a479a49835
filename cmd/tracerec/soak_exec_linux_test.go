package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tracerec/tracerec/format"
)

// storming is a program that executes itself as often as its first argument says,
// each time with one less; forked, its second argument times, it does so side by side.
const storming = `#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	int left = atoi(argv[1]), width = atoi(argv[2]);
	char n[16], who[16];
	if (argc < 4) {
		for (int i = 0; i < width; i++)
			if (fork() == 0) {
				snprintf(who, sizeof(who), "%d", i);
				execl(argv[0], argv[0], argv[1], "0", who, (char *)0);
				_exit(1);
			}
		while (wait(0) > 0)
			;
		return 0;
	}
	if (left == 0)
		return 0;
	snprintf(n, sizeof(n), "%d", left - 1);
	execl(argv[0], argv[0], n, "0", argv[3], (char *)0);
	return 1;
}
`

// Several processes execute one program after the other, as fast as they can:
// every execution is in the file, in order, or counted as lost.
func TestSoakExecStorm(t *testing.T) {
	needRecorder(t)
	need(t, "gcc")
	dir := t.TempDir()
	write(t, dir, "storm.c", storming, 0o600)
	program := filepath.Join(dir, "storm")
	if msg, err := exec.CommandContext(t.Context(), "gcc", "-O1", "-static", "-o", program, filepath.Join(dir, "storm.c")).CombinedOutput(); err != nil {
		t.Skipf("gcc -static: %v %s", err, msg)
	}
	const width = 6
	each := soak(400, 4000, 20000)
	for _, ring := range []string{"", "16384"} {
		t.Run("ring "+ring, func(t *testing.T) {
			var flags []string
			if ring != "" {
				flags = []string{"--ring-size", ring}
			}
			began := time.Now()
			path := record(t, "", flags, program, strconv.Itoa(each), strconv.Itoa(width))
			took := time.Since(began)
			got := exact(t, path)
			type chain struct{ left, execs int }
			var who [width]chain
			for i := range who {
				who[i].left = each + 1
			}
			gaps := 0
			var lost, all, forks, exits uint64
			eachRow(t, path, func(b *format.Batch, i int) {
				switch format.EventID(b.U16[format.ColEvent][i]) {
				case format.EventLost:
					all += b.U64[format.ColArg2][i]
					if format.Class(b.U64[format.ColArg1][i]) == format.ClassProcess {
						lost += b.U64[format.ColArg2][i]
					}
				case format.EventFork:
					forks++
				case format.EventExit:
					exits++
				case format.EventExec:
					argv := bytes.Split(bytes.TrimSuffix(b.Value(format.ColBKernel, i), []byte{0}), []byte{0})
					if len(argv) != 4 {
						return // the first
					}
					left, _ := strconv.Atoi(string(argv[1]))
					n, err := strconv.Atoi(string(argv[3]))
					if err != nil || n >= width || left >= who[n].left {
						t.Fatalf("process %s executes with %q left, after one with %d", argv[3], argv[1], who[n].left)
					}
					gaps += who[n].left - left - 1
					who[n].left, who[n].execs = left, who[n].execs+1
				}
			}, format.EventExec, format.EventFork, format.EventExit, format.EventLost)
			execs := 0
			for _, l := range who {
				execs += l.execs
			}
			want := width * (each + 1)
			if execs > want || execs+int(lost) < want || int(forks+lost) < width || int(exits+lost) < width+1 {
				t.Errorf("%d of %d executions, %d of %d forks, %d exits; %d records of processes were lost", execs, want, forks, width, exits, lost)
			}
			// Only what is counted as lost is missing.
			for _, c := range who {
				gaps += c.left
			}
			if gaps != want-execs || all != got.Lost {
				t.Errorf("%d executions are missing in between, %d in all; %d records lost by the rows, %d by the totals", gaps, want-execs, all, got.Lost)
			}
			if ring == "" && got.Lost > 0 {
				t.Errorf("%d of %d records were lost with default settings", got.Lost, got.Seen)
			}
			t.Logf("%d executions in %v, %.0f a second; %d of %d records lost, %d of them of processes; %d executions are in the file", want, took.Round(time.Millisecond), float64(want)/took.Seconds(), got.Lost, got.Seen, lost, execs)
			if r := finish(t, cli(t, "replay", path, "ps")); r.code != 0 && !strings.Contains(r.out, "storm") {
				t.Errorf("replay: exit code %d\n%s", r.code, r.talk)
			}
		})
	}
}
