package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// throughRows are what testdata/through makes: FD stands for descriptors and ids, PORT for
// ports that the kernel chose, ADDR for addresses of memory.
const throughRows = `
socketcall(SYS_SOCKET, AF_INET, SOCK_DGRAM, IPPROTO_IP) = FD
socketcall(SYS_BIND, FD, 127.0.0.1:0, 16) = 0 <127.0.0.1:PORT>
socketcall(SYS_GETSOCKNAME, FD, ADDR, ADDR) = 0
socketcall(SYS_SOCKET, AF_INET, SOCK_DGRAM, IPPROTO_IP) = FD
socketcall(SYS_CONNECT, FD, 127.0.0.1:PORT, 16) = 0 <127.0.0.1:PORT>
socketcall(SYS_SEND, FD, ADDR, 1, 0) = 1
socketcall(SYS_SENDTO, FD, ADDR, 2, 0, 127.0.0.1:PORT, 16) = 2
socketcall(SYS_SENDMSG, FD, 127.0.0.1:PORT, 0) = 1
socketcall(SYS_SENDMMSG, FD, [127.0.0.1:PORT, 127.0.0.1:PORT], 2, 0) = 2
socketcall(SYS_RECV, FD, ADDR, 16, MSG_DONTWAIT) = 1
socketcall(SYS_RECVFROM, FD, ADDR, 16, MSG_DONTWAIT, ADDR, ADDR) = 2
socketcall(SYS_SETSOCKOPT, FD, SOL_SOCKET, SO_REUSEADDR, ADDR, 4) = 0
socketcall(SYS_GETSOCKOPT, FD, SOL_SOCKET, SO_REUSEADDR, ADDR, ADDR) = 0
socketcall(SYS_GETPEERNAME, FD, ADDR, ADDR) = 0
socketcall(SYS_SOCKETPAIR, AF_UNIX, SOCK_STREAM, 0, [FD, FD]) = 0
socketcall(SYS_SHUTDOWN, FD, SHUT_WR) = 0
socketcall(SYS_SOCKET, AF_INET, SOCK_STREAM, IPPROTO_IP) = FD
socketcall(SYS_BIND, FD, 127.0.0.1:0, 16) = 0 <127.0.0.1:PORT>
socketcall(SYS_LISTEN, FD, 3) = 0
socketcall(SYS_GETSOCKNAME, FD, ADDR, ADDR) = 0
socketcall(SYS_SOCKET, AF_INET, SOCK_STREAM, IPPROTO_IP) = FD
socketcall(SYS_CONNECT, FD, 127.0.0.1:PORT, 16) = 0 <127.0.0.1:PORT>
socketcall(SYS_ACCEPT, FD, NULL, NULL) = FD
socketcall(SYS_SOCKET, AF_INET, SOCK_STREAM, IPPROTO_IP) = FD
socketcall(SYS_CONNECT, FD, 127.0.0.1:PORT, 16) = 0 <127.0.0.1:PORT>
socketcall(SYS_ACCEPT4, FD, NULL, NULL, SOCK_CLOEXEC) = FD
socketcall(0x4d, NULL) = -1 EINVAL
socketcall(SYS_CONNECT, ADDR) = -1 EFAULT
syscall_1073742787(0x3, 0, 0, 0, 0, 0) = -1 ENOSYS
`

const throughSwapped = `
socketcall(SYS_SENDMMSG, FD, [127.0.0.1:PORT, 127.0.0.1:PORT] ⇒kernel [127.0.0.1:PORT, 127.0.0.1:9] ⇒exit [127.0.0.1:PORT, 127.0.0.1:9], 2, 0) = 2
socketcall(SYS_SENDMMSG, FD, [127.0.0.1:PORT, 127.0.0.1:PORT], 2, 0 ⇒exit other arguments) = 2 {args-changed}
socketcall(SYS_CONNECT, FD, ?unreadable(userfaultfd) ⇒kernel 127.0.0.1:PORT ⇒exit 127.0.0.1:PORT, 16 ?unreadable: as at exit) = 0 <127.0.0.1:PORT> {late-args}
`

const throughIPC = `
ipc(SEMGET, IPC_PRIVATE, 1, 0600) = FD
ipc(SEMOP, FD, "\x00\x00\x01\x00\x00\x00", 1) = 0
ipc(SEMCTL, FD, 0, IPC_RMID, 0x1) = 0
ipc(SHMGET, IPC_PRIVATE, 4096, 0600) = FD
ipc(SHMAT, FD, NULL, 0) = 0
ipc(SHMDT, ADDR) = 0
ipc(SHMCTL, FD, IPC_RMID, NULL) = 0
ipc(MSGGET, IPC_PRIVATE, 0600) = FD
ipc(MSGSND, FD, ADDR, 4, IPC_NOWAIT) = 0
ipc(MSGRCV, FD, ADDR, 4, 7, IPC_NOWAIT) = 4
ipc(MSGCTL, FD, IPC_RMID, NULL) = 0
`

// normal is a row's text with what differs from run to run replaced.
func normal(line string) string {
	for _, r := range []struct{ is, as string }{
		{`^i386:`, ""}, {` [0-9.]+(ns|µs|ms|s)( |$)`, "$2"}, {`(<[0-9.:]+) [0-9:]+ ino \d+>`, "$1>"}, {`:\d{4,5}\b`, ":PORT"}, {`0x10\)`, "ADDR)"},
		{`\b(SYS_(?:BIND|CONNECT|LISTEN|ACCEPT4?|GET\w+|SET\w+|SEND\w*|RECV\w*|SHUTDOWN)|SEMOP|SEMCTL|SHMAT|SHMCTL|MSGSND|MSGRCV|MSGCTL), \d+`, "$1, FD"},
		{`((?:SYS_SOCKET|SYS_ACCEPT4?|\wGET), .*\)) = \d+`, "$1 = FD"}, {`\[\d+, \d+\]`, "[FD, FD]"}, {`0x[0-9a-f]{5,}`, "ADDR"},
	} {
		line = regexp.MustCompile(r.is).ReplaceAllString(line, r.as)
	}
	return strings.TrimRight(line, " ")
}

// Calls made through socketcall and ipc, as Go's i386 programs and old C libraries make
// them, are recorded, compared and judged as the calls that they are.
func TestThrough(t *testing.T) {
	needRecorder(t)
	if runtime.GOARCH != "amd64" {
		t.Skip("socketcall and ipc are of i386")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "through")
	build := exec.Command("go", "build", "-o", program, "testdata/through/main.go")
	build.Env = append(os.Environ(), "GOARCH=386", "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := exec.Command(program).CombinedOutput(); err != nil {
		t.Skipf("no i386 calls here: %v\n%s", err, out)
	}
	trace := record(t, dir, []string{"-e", "all"}, program, "swap")
	nothingLost(t, trace)

	var rows, names []string
	eachRow(t, trace, func(b *format.Batch, i int) {
		row := format.SyscallOf(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i])
		if format.ABI(b.U8[format.ColABI][i]) != format.ABIIA32 || row != nil && row.Through == nil && row.Name != "socketcall" && row.Name != "ipc" {
			return
		}
		rows = append(rows, normal(string(show.Event(nil, b, i, new(show.Options)))))
		if row != nil {
			names = append(names, row.Name)
		}
	}, format.EventSyscall)
	want := strings.Split(strings.TrimSpace(throughRows+strings.TrimSpace(throughSwapped)+throughIPC), "\n")
	for i := range max(len(rows), len(want)) {
		if i >= len(rows) || i >= len(want) || rows[i] != want[i] {
			t.Fatalf("row %d:\n%s\nwant\n%s", i, lineAt(rows, i), lineAt(want, i))
		}
	}

	var verdicts []string
	out := finish(t, cli(t, "analyze", "--toctou", "--json", trace)).out
	for line := range strings.Lines(out) {
		if m := regexp.MustCompile(`"type":"finding".*?"verdict":"([\w-]+)".*?"syscall":"(\w+)"`).FindStringSubmatch(line); m != nil {
			verdicts = append(verdicts, m[2]+" "+m[1])
		}
	}
	if want := []string{"connect unreadable", "sendmmsg divergent", "sendmmsg post-use-change"}; !slices.Equal(slices.Sorted(slices.Values(verdicts)), want) {
		t.Errorf("findings %q, want %q", verdicts, want)
	}

	// strace takes them apart too
	need(t, "strace")
	prefix := filepath.Join(dir, "strace")
	if out, err := exec.Command("strace", "-qq", "-ff", "-o", prefix, program).CombinedOutput(); err != nil {
		t.Skipf("strace: %v\n%s", err, out)
	}
	var theirs []string
	for _, calls := range readStrace(t, prefix) {
		for _, c := range calls {
			if slices.Contains(names, c.name) {
				theirs = append(theirs, c.name)
			}
		}
	}
	ours := slices.Concat(names[:28], names[31:])
	if !slices.Equal(ours, theirs) {
		t.Errorf("calls %q\nstrace has %q", ours, theirs)
	}
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(none)"
}
