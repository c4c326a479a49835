package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// perfStat counts raw_syscalls:sys_enter, of all calls and of getppid, by the
// kernel's own perf events: they know nothing of the recorder and share nothing
// with it but the tracepoint.
type perfStat struct {
	cmd       *exec.Cmd
	control   *os.File
	acks      *bufio.Reader
	out, talk string // files
}

// startPerf returns when counting has begun, of the scope that flags name. perf
// mounts tracefs if nobody has: that mount is in a namespace of its own.
func startPerf(t *testing.T, flags ...string) *perfStat {
	t.Helper()
	p := &perfStat{out: filepath.Join(t.TempDir(), "counts"), talk: filepath.Join(t.TempDir(), "talk")}
	controlR, controlW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ackR, ackW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.control, p.acks = controlW, bufio.NewReader(ackR)
	t.Cleanup(func() { controlW.Close(); ackR.Close() })
	args := []string{"-m", "perf", "stat", "-x;", "-o", p.out, "-D", "-1", "--control", "fd:3,4",
		"-e", "raw_syscalls:sys_enter", "-e", "raw_syscalls:sys_enter", "--filter", fmt.Sprint("id == ", unix.SYS_GETPPID)}
	p.cmd = exec.CommandContext(t.Context(), "unshare", append(args, flags...)...)
	p.cmd.ExtraFiles = []*os.File{controlR, ackW}
	if p.cmd.Stderr, err = os.Create(p.talk); err != nil {
		t.Fatal(err)
	}
	p.cmd.WaitDelay = 5 * time.Second
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill(); p.cmd.Wait() })
	controlR.Close()
	ackW.Close()
	p.tell(t, "enable")
	return p
}

func (p *perfStat) tell(t *testing.T, command string) {
	t.Helper()
	fmt.Fprintln(p.control, command)
	if line, err := p.acks.ReadString('\n'); err != nil || !strings.Contains(line, "ack") {
		said, _ := os.ReadFile(p.talk)
		t.Skipf("perf cannot count raw_syscalls:sys_enter here: %q, %v\n%s", line, err, said)
	}
}

// counts ends it and gives what it counted: all calls, and those of getppid.
func (p *perfStat) counts(t *testing.T) (all, getppid uint64) {
	t.Helper()
	p.cmd.Process.Signal(os.Interrupt)
	p.cmd.Wait()
	text, _ := os.ReadFile(p.out)
	var n []uint64
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(line, ";")
		if count, err := strconv.ParseUint(fields[0], 10, 64); err == nil && len(fields) > 4 {
			if n = append(n, count); !strings.Contains(line, ";100.00;") {
				t.Errorf("perf did not count all the time: %q", line)
			}
		}
	}
	if len(n) != 2 {
		t.Fatalf("perf said\n%s", text)
	}
	return n[0], n[1]
}

// counted is a shell that waits for a line, and then has processes come and go, of
// one thread and of several, that make plain calls and calls with arguments.
const counted = `echo ready; read go
for i in 1 2 3; do "$0" ` + subjectVerb + ` storm 20000 "$1" & done
i=0
while [ $i -lt 60 ]; do i=$((i+1)); /bin/true; cat "$1/none" 2>/dev/null; (cd "$1"; : >file); done
wait
i=0
while [ $i -lt 30 ]; do i=$((i+1)); umask >/dev/null; done`

// The number of calls that perf counted in the recorded processes is the number of
// calls in the file plus those that it says were lost, with nothing lost and with
// most of them.
func TestPerfCountsTheSameCalls(t *testing.T) {
	needRecorder(t)
	need(t, "perf", "unshare")
	const getppids = 3 * 20_000 / stormOpens * stormOpens
	for _, c := range []struct {
		name, scope string
		ring        int
	}{
		{"a process tree, nothing lost", "-p", 0},
		{"a process tree, rings of four pages", "-p", 4 * unix.Getpagesize()},
		{"a process tree, rings of a page", "-p", unix.Getpagesize()},
		{"a cgroup, nothing lost", "--cgroup", 0},
		{"a cgroup, rings of a page", "--cgroup", unix.Getpagesize()},
	} {
		t.Run(c.name, func(t *testing.T) {
			var flags []string
			if c.ring > 0 {
				flags = []string{"--ring-size", strconv.Itoa(c.ring)}
			}
			work := exec.CommandContext(t.Context(), "sh", "-c", counted, self(t), t.TempDir())
			stdin, err := work.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			stdout, err := work.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := work.Start(); err != nil {
				t.Fatal(err)
			}
			defer work.Process.Kill()
			if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "ready\n" {
				t.Fatalf("the shell said %q, %v", line, err)
			}
			pid := strconv.Itoa(work.Process.Pid)
			eventually(t, "the shell does not wait", time.Minute, func() bool {
				call, _ := os.ReadFile("/proc/" + pid + "/syscall")
				return strings.HasPrefix(string(call), fmt.Sprintf("%d 0x0 ", unix.SYS_READ))
			})

			// Both begin while the shell is within its read, and end behind the last call.
			scope := pid
			var perf *perfStat
			if c.scope == "--cgroup" {
				scope = ownCgroup(t)
				if err := os.WriteFile(filepath.Join(scope, "cgroup.procs"), []byte(pid), 0); err != nil {
					t.Skipf("processes cannot be moved into a cgroup: %v", err)
				}
				name := filepath.Base(scope)
				perf = startPerf(t, "-a", "-G", name+","+name) // for each of the two events
			} else {
				perf = startPerf(t, "-p", pid)
			}
			rec := startRecording(t, append(flags, "-e", "all", c.scope, scope)...)
			fmt.Fprintln(stdin, "go")
			if err := work.Wait(); err != nil {
				t.Fatalf("the shell: %v", err)
			}
			if c.scope == "--cgroup" {
				perf.tell(t, "disable")
				rec.cmd.Process.Signal(os.Interrupt)
			}
			if err := rec.cmd.Wait(); err != nil {
				t.Fatalf("the recorder: %v\n%s", err, rec.said())
			}
			perfAll, perfGetppid := perf.counts(t)

			var inFile, entered, getppid, lost uint64
			eachRow(t, rec.path, func(b *format.Batch, i int) {
				if format.EventID(b.U16[format.ColEvent][i]) == format.EventLost {
					if format.Class(b.U64[format.ColArg1][i]) == format.ClassCall {
						lost += b.U64[format.ColArg2][i]
					}
					return
				}
				inFile++
				if b.I32[format.ColNR][i] == unix.SYS_GETPPID {
					getppid++
				}
				// The one call that was entered before both counted: the shell's read.
				if format.RowFlags(b.U16[format.ColFlags][i])&format.FlagNoEnter != 0 {
					if b.I32[format.ColNR][i] != unix.SYS_READ || strconv.Itoa(int(b.U32[format.ColTID][i])) != pid {
						t.Errorf("call %d of task %d has no enter", b.I32[format.ColNR][i], b.U32[format.ColTID][i])
					}
					return
				}
				entered++
			}, format.EventSyscall, format.EventLost)
			if inFile != entered+1 && lost == 0 {
				t.Errorf("%d calls have no enter, want the shell's read alone", inFile-entered)
			}
			// With loss that read may itself be one of the lost ones.
			before := inFile - entered
			if perfAll != entered+lost && (before == 1 || perfAll+1 != entered+lost) {
				t.Errorf("perf counted %d calls, in the file are %d, lost %d: %d in all", perfAll, entered, lost, entered+lost)
			}
			if perfGetppid < getppids || getppid > perfGetppid || lost == 0 && getppid != perfGetppid {
				t.Errorf("perf counted %d calls of getppid (the program %d), in the file are %d", perfGetppid, getppids, getppid)
			}
			got := exact(t, rec.path)
			if (lost > 0) != (c.ring > 0) || c.ring == 0 && got.Lost != 0 {
				t.Errorf("%d calls lost, %d records, with --ring-size %d", lost, got.Lost, c.ring)
			}
			t.Logf("perf: %d calls; file: %d + %d lost; records: %d read + %d lost = %d seen", perfAll, entered, lost, got.Read, got.Lost, got.Seen)
		})
	}
}
