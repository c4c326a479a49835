package show

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// a row is columns by name of constant; byte strings and numbers.
type cells map[format.ColumnID]any

func put(b *format.Batch, id format.EventID, row cells) {
	i := b.Append()
	b.Set(format.ColEvent, i, uint64(id))
	for c, v := range row {
		switch v := v.(type) {
		case string:
			b.SetBytes(c, i, []byte(v))
		case int:
			b.Set(c, i, uint64(int64(v)))
		case format.ViewStatus:
			b.Set(c, i, uint64(v))
		}
	}
}

const (
	amd64     = int(format.ABIAMD64)
	atFDCWD   = 0xffffff9c
	readFlags = 0o2000000
)

func task(row cells) cells {
	base := cells{
		format.ColTime: 1_500_123_456, format.ColTID: 1235, format.ColTGID: 1234, format.ColComm: "bash",
		format.ColStart: 1_400_000_000, format.ColCall: 7,
	}
	for c, v := range row {
		base[c] = v
	}
	return base
}

func openat(row cells) cells {
	base := task(cells{
		format.ColABI: amd64, format.ColNR: 257, format.ColRet: 3, format.ColDuration: 12_000,
		format.ColArg0: atFDCWD, format.ColArg1: 0x7ffe1000, format.ColArg2: readFlags, format.ColArg3: 0x1b6,
		format.ColAEnter: "/etc/passwd", format.ColAEnterStatus: format.ViewOK,
		format.ColAKernelStatus: format.ViewSame, format.ColAExitStatus: format.ViewSame,
		format.ColDev: 254<<20 | 1, format.ColIno: 77, format.ColPath: "/etc/passwd",
	})
	for c, v := range row {
		base[c] = v
	}
	return base
}

func TestRow(t *testing.T) {
	how := binary.LittleEndian.AppendUint64(nil, 0o2000000)
	how = binary.LittleEndian.AppendUint64(how, 0)
	how = binary.LittleEndian.AppendUint64(how, 4)
	for _, c := range []struct {
		id   format.EventID
		row  cells
		want string
	}{
		{format.EventSyscall, openat(nil),
			`[1234/1235 bash] openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3 </etc/passwd 254:1 ino 77> 12µs`},
		{format.EventSyscall, task(cells{format.ColABI: amd64, format.ColNR: 322, format.ColArg0: 3, format.ColArg4: 0x1100,
			format.ColAEnter: "", format.ColAEnterStatus: format.ViewOK, format.ColBEnter: "a\x00", format.ColBEnterStatus: format.ViewOK}),
			`[1234/1235 bash] execveat(3, "", [a], NULL, AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH) = 0`},
		{format.EventSyscall, openat(cells{format.ColArg2: 0o101, format.ColArg3: 0o600}),
			`[1234/1235 bash] openat(AT_FDCWD, "/etc/passwd", O_WRONLY|O_CREAT, 0600) = 3 </etc/passwd 254:1 ino 77> 12µs`},
		{format.EventSyscall, openat(cells{format.ColAKernel: "/tmp/b", format.ColAKernelStatus: format.ViewOK}),
			`[1234/1235 bash] openat(AT_FDCWD, "/etc/passwd" ⇒kernel "/tmp/b", O_RDONLY|O_CLOEXEC) = 3 </etc/passwd 254:1 ino 77> 12µs`},
		{format.EventSyscall, openat(cells{format.ColAExit: "/tmp/b", format.ColAExitStatus: format.ViewOK}),
			`[1234/1235 bash] openat(AT_FDCWD, "/etc/passwd" ⇒exit "/tmp/b", O_RDONLY|O_CLOEXEC) = 3 </etc/passwd 254:1 ino 77> 12µs`},
		{format.EventSyscall, openat(cells{format.ColAEnter: nil, format.ColAEnterStatus: format.ViewUnreadable,
			format.ColAVMA: int(format.VMAUffd), format.ColAKernel: "/tmp/b", format.ColAKernelStatus: format.ViewOK,
			format.ColAExitStatus: format.ViewUnreadable}),
			`[1234/1235 bash] openat(AT_FDCWD, ?unreadable(userfaultfd) ⇒kernel "/tmp/b", O_RDONLY|O_CLOEXEC) = 3 </etc/passwd 254:1 ino 77> 12µs`},
		{format.EventSyscall, openat(cells{format.ColAEnter: "/aaa", format.ColAEnterStatus: format.ViewTruncated, format.ColALen: 4090,
			format.ColRet: -2, format.ColDev: 0, format.ColIno: 0, format.ColPath: nil, format.ColDuration: 0}),
			`[1234/1235 bash] openat(AT_FDCWD, "/aaa"…(4090 bytes), O_RDONLY|O_CLOEXEC) = -1 ENOENT`},
		{format.EventSyscall, openat(cells{format.ColAEnter: nil, format.ColAEnterStatus: format.ViewNull, format.ColAKernelStatus: format.ViewNone,
			format.ColAExitStatus: format.ViewNull, format.ColRet: -14, format.ColDev: 0, format.ColIno: 0, format.ColPath: nil}),
			`[1234/1235 bash] openat(AT_FDCWD, NULL, O_RDONLY|O_CLOEXEC) = -1 EFAULT 12µs`},
		{format.EventSyscall, openat(cells{format.ColAEnterStatus: format.ViewNone, format.ColAKernelStatus: format.ViewNone,
			format.ColAExitStatus: format.ViewNone, format.ColAEnter: nil, format.ColFlags: int(format.FlagNoEnter)}),
			`[1234/1235 bash] openat(AT_FDCWD, 0x7ffe1000, O_RDONLY|O_CLOEXEC) = 3 </etc/passwd 254:1 ino 77> {no-enter}`},
		{format.EventSyscall, openat(cells{format.ColFlags: int(format.FlagNoExit), format.ColRet: 0, format.ColDuration: 0}),
			`[1234/1235 bash] openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = ? {no-exit}`},
		{format.EventSyscall, task(cells{format.ColABI: amd64, format.ColNR: 437, format.ColRet: 4, format.ColArg0: 5, format.ColArg3: 24,
			format.ColAEnter: "x", format.ColAEnterStatus: format.ViewOK, format.ColAKernelStatus: format.ViewSame,
			format.ColBEnter: string(how), format.ColBEnterStatus: format.ViewOK}),
			`[1234/1235 bash] openat2(5, "x", {flags=O_RDONLY|O_CLOEXEC, resolve=RESOLVE_NO_SYMLINKS}, 24) = 4`},
		{format.EventSyscall, task(cells{format.ColABI: amd64, format.ColNR: 59, format.ColRet: 0, format.ColArg2: 0x7fff0000,
			format.ColAEnter: "/bin/ls", format.ColAEnterStatus: format.ViewOK, format.ColAKernel: "/bin/bash",
			format.ColAKernelStatus: format.ViewOK, format.ColAExitStatus: format.ViewReplaced,
			format.ColBEnter: "ls\x00a b\x00", format.ColBEnterStatus: format.ViewOK, format.ColBKernelStatus: format.ViewSame}),
			`[1234/1235 bash] execve("/bin/ls" ⇒kernel "/bin/bash", [ls 'a b'], 0x7fff0000) = 0`},
		{format.EventSyscall, task(cells{format.ColABI: amd64, format.ColNR: 42, format.ColRet: -111, format.ColArg0: 3, format.ColArg2: 16,
			format.ColAEnter: "\x02\x00\x00\x50\x7f\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00", format.ColAEnterStatus: format.ViewOK,
			format.ColAKernel: "\x02\x00\x00\x51\x7f\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00", format.ColAKernelStatus: format.ViewOK}),
			`[1234/1235 bash] connect(3, 127.0.0.1:80 ⇒kernel 127.0.0.1:81, 16) = -1 ECONNREFUSED`},
		{format.EventSyscall, task(cells{format.ColABI: amd64, format.ColNR: 0, format.ColArg0: 3, format.ColArg1: 0x1000, format.ColArg2: 512, format.ColRet: 12}),
			`[1234/1235 bash] read(3, 0x1000, 512) = 12`},
		{format.EventSyscall, task(cells{format.ColABI: int(format.ABIIA32), format.ColNR: 5, format.ColRet: 3, format.ColArg1: 0o100000,
			format.ColAEnter: "f", format.ColAEnterStatus: format.ViewOK}),
			`[1234/1235 bash] i386:open("f", O_RDONLY|O_LARGEFILE) = 3`},
		{format.EventSyscall, task(cells{format.ColABI: amd64, format.ColNR: 999, format.ColRet: -38, format.ColArg0: 1}),
			`[1234/1235 bash] syscall_999(0x1, 0, 0, 0, 0, 0) = -1 ENOSYS`},
		{format.EventFork, task(cells{format.ColArg0: 1240, format.ColArg1: 1240, format.ColArg2: 1_500_000_000, format.ColArg3: 0x4100}),
			`[1234/1235 bash] fork child_tid=1240 child_pid=1240 child_start=0.500000 clone_flags=CLONE_VM|CLONE_VFORK`},
		{format.EventExec, task(cells{format.ColAKernel: "./s.sh", format.ColBKernel: "/bin/sh\x00./s.sh\x00", format.ColBKernelStatus: format.ViewOK,
			format.ColDev: 8<<20 | 1, format.ColIno: 5, format.ColPath: "/usr/bin/dash", format.ColAEnter: "/bin/sh"}),
			`[1234/1235 bash] exec filename="./s.sh" argv=[/bin/sh ./s.sh] dev=8:1 ino=5 path="/usr/bin/dash" interp="/bin/sh"`},
		{format.EventExit, task(cells{format.ColArg0: 9, format.ColArg1: 1}),
			`[1234/1235 bash] exit exit_code=killed SIGKILL group_dead=1`},
		{format.EventFileOpen, task(cells{format.ColAKernelStatus: format.ViewSame, format.ColARungs: int(format.RungLSM), format.ColArg0: 0x7ffe,
			format.ColArg1: 0o2100000, format.ColArg2: 0o100644, format.ColDev: 1, format.ColIno: 9, format.ColPath: "/f", format.ColNR: 257, format.ColABI: amd64}),
			`[1234/1235 bash] file_open status=same rung=lsm uptr=0x7ffe flags=O_RDONLY|O_LARGEFILE|O_CLOEXEC mode=S_IFREG|0644 dev=0:1 ino=9 path="/f" nr=openat`},
		{format.EventLost, cells{format.ColTime: 2_000_000_000, format.ColCPU: 3, format.ColArg0: 1, format.ColArg1: 0, format.ColArg2: 523,
			format.ColArg3: 10, format.ColArg4: 532, format.ColArg5: 1_900_000_000},
			`[cpu 3] lost lane=plain class=call count=523 first_seq=10 last_seq=532 since=0.900000`},
	} {
		b := format.NewBatch(1)
		put(b, c.id, c.row)
		o := Options{Time: TimeRel, Start: 1_000_000_000, ABI: format.ABIAMD64}
		got := string(Row(nil, b, 0, &o))
		at := "  0.500123 "
		if c.id == format.EventLost {
			at = "  1.000000 "
		}
		if got != at+c.want {
			t.Errorf("got\n%s\nwant\n%s%s", got, at, c.want)
		}
	}
}

// Whatever stands in a column, nothing but text reaches the terminal.
func TestRowHostile(t *testing.T) {
	const evil = "\x1b]0;pwn\x07\u202e\xff\r\n\x00'\"\\"
	visited := 0
	for id := range format.Events {
		for _, fill := range []uint64{0, 1, 3, ^uint64(0)} {
			b := format.NewBatch(1)
			i := b.Append()
			for c := range format.NumColumns {
				if format.Columns[c].Type == format.Bytes {
					b.SetBytes(c, i, []byte(evil))
				} else {
					b.Set(c, i, fill)
				}
			}
			b.Set(format.ColEvent, i, uint64(id))
			for _, nr := range []uint64{fill, 42, 59, 257, 437} {
				b.Set(format.ColNR, i, nr)
				for abi := range uint64(6) {
					b.Set(format.ColABI, i, abi)
					line := Row(nil, b, i, &Options{Time: TimeUTC})
					if !safe(line) || len(line) == 0 {
						t.Fatalf("%s, nr %d: unsafe %q", EventName(format.EventID(id)), nr, line)
					}
				}
			}
			visited++
		}
	}
	if visited != 4*len(format.Events) {
		t.Fatalf("visited %d", visited)
	}
}

func TestRowColor(t *testing.T) {
	b := format.NewBatch(1)
	put(b, format.EventSyscall, openat(cells{format.ColAKernel: "/tmp/b", format.ColAKernelStatus: format.ViewOK}))
	with := Row(nil, b, 0, &Options{Color: true, TaskWidth: 30})
	without := Row(nil, b, 0, &Options{TaskWidth: 30})
	if Width(with) != Width(without) || !bytes.Contains(with, []byte(BoldRed)) {
		t.Errorf("%q\n%q", with, without)
	}
	if i := strings.Index(string(without), "openat"); i != len("1500123456 ")+31 {
		t.Errorf("task padded to %d: %q", i, without)
	}
}

func BenchmarkRow(b *testing.B) {
	batch := format.NewBatch(2)
	put(batch, format.EventSyscall, openat(nil))
	put(batch, format.EventSyscall, task(cells{format.ColABI: amd64, format.ColNR: 0, format.ColArg0: 3, format.ColArg2: 512, format.ColRet: 12}))
	o := Options{Time: TimeLocal, ABI: format.ABIAMD64}
	var dst []byte
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		dst = Row(dst[:0], batch, i&1, &o)
	}
}
