//go:build linux

package recorder

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// viewsOf is the record of form FormViews that says what full, a whole record of a
// call with two slots and args arguments, says, and refers to a number.
func viewsOf(t *testing.T, full []byte, number uint16, args int) []byte {
	t.Helper()
	le := binary.LittleEndian
	wire, call := format.WireViews, format.WireOf(format.EventSyscall)
	rec := make([]byte, wire.Size)
	for _, f := range wire.Fields {
		from := -1
		for _, g := range slices.Concat(format.WireHeader.Fields, call.Fields) {
			if g.Name == f.Name {
				from = g.Offset
			}
		}
		if from < 0 {
			t.Fatalf("%s is no field of a call", f.Name)
		}
		copy(rec[f.Offset:f.Offset+f.Size], full[from:])
	}
	rec[format.WireRecForm], rec[format.WireArgs] = uint8(format.FormViews), uint8(args)
	le.PutUint16(rec[format.WireIdent:], number)
	for _, f := range call.Fields {
		if f.Col >= format.ColArg0 && f.Col < format.ColArg0+format.ColumnID(args) {
			rec = append(rec, full[f.Offset:f.Offset+8]...)
		}
	}
	return append(rec, full[call.Size:]...)
}

// TestViewsRecord: a call that leaves out who made it becomes the row that the
// whole record becomes, with what came before it in records of its own.
func TestViewsRecord(t *testing.T) {
	who := fields{"tid": 7, "pid": 6, "ppid": 5, "uid": 4, "gid": 3, "comm": "one", "start": 99, "cgroup": 8, "pidns": 11, "mntns": 12}
	call := fields{
		"time": 5000, "duration": 700, "call": 3, "nr": 82, "abi": 1, "cpu": 1, "ret": 0, "arg0": 0x1000, "arg1": 0x2000,
		"a_enter": "from", "a_enter_status": format.ViewOK, "a_kernel_status": format.ViewElsewhere, "a_exit_status": format.ViewSame, "a_copies": 1,
		"b_enter": "to", "b_enter_status": format.ViewOK, "b_kernel_status": format.ViewSame, "b_exit_status": format.ViewUnreadable, "b_rungs": 8, "b_vma": 2, "b_copies": 1,
		"dev": 77, "ino": 88, "path": "/dir/to",
	}
	kernel := fields{"time": 4900, "call": 3, "slot": 0, "view": 1, "rung": 8, "status": format.ViewOK, "value": "other", "uptr": 0x1000}
	for k, v := range who {
		call[k], kernel[k] = v, v
	}
	full := wireRecord(t, format.EventSyscall, call)
	rows := func(last []byte) (b *format.Batch, corrupt uint64) {
		a := newAssembler(nil)
		a.batch = format.NewBatch(0)
		told := fields{"time": 1000, "nr": 39, "abi": 1, "call": 2}
		for k, v := range who {
			told[k] = v
		}
		a.add(shortRecord(t, 1, told))
		a.add(wireRecord(t, format.EventView, kernel))
		a.add(last)
		return a.batch, a.corrupt
	}
	want, corrupt := rows(full)
	if corrupt != 0 || want.N != 2 || string(want.Value(format.ColAKernel, 1)) != "other" {
		t.Fatalf("the whole record: %d rows, %d corrupt, kernel view %q", want.N, corrupt, want.Value(format.ColAKernel, 1))
	}
	views := viewsOf(t, full, 1, 2)
	got, corrupt := rows(views)
	if corrupt != 0 || got.N != 2 {
		t.Fatalf("%d rows, %d corrupt, want 2 and 0", got.N, corrupt)
	}
	for c, col := range format.Columns {
		c := format.ColumnID(c)
		if col.Type == format.Bytes {
			if g, w := got.Value(c, 1), want.Value(c, 1); string(g) != string(w) || (g == nil) != (w == nil) {
				t.Errorf("%s is %q, want %q", col.Name, g, w)
			}
		} else if g, w := got.Int(c, 1), want.Int(c, 1); g != w {
			t.Errorf("%s is %d, want %d", col.Name, g, w)
		}
	}
	for n := range format.WireViews.Size + 2*8 + len("from") + len("to") + len("/dir/to") { // every cut; behind is padding
		if b, corrupt := rows(views[:n:n]); corrupt != 1 || b.N != 1 {
			t.Fatalf("of %d bytes the first %d: %d rows, %d corrupt, want 1 and 1", len(views), n, b.N, corrupt)
		}
	}
	if _, corrupt := rows(viewsOf(t, full, 2, 2)); corrupt != 1 {
		t.Errorf("a number that was never told: %d corrupt, want 1", corrupt)
	}
}

// openArg makes the test binary a program that opens what stands in openEnv, one
// path a line; "A -> B" renames.
const (
	openArg = "__open"
	openEnv = "TRACEREC_TEST_OPEN"
)

func openAll() {
	runtime.LockOSThread()
	for line := range strings.Lines(os.Getenv(openEnv)) {
		line = strings.TrimSuffix(line, "\n")
		if from, to, ok := strings.Cut(line, " -> "); ok {
			if err := os.Rename(from, to); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			continue
		}
		fd, err := unix.Open(line, unix.O_RDONLY, 0)
		if err != nil {
			fmt.Fprintln(os.Stderr, line, err)
			os.Exit(1)
		}
		unix.Close(fd)
	}
}

// TestPathsOfOpenedFiles: the path of an opened file is where it is at that time,
// whatever its name's length, its depth and what is mounted where; by loads and by
// helpers the same.
func TestPathsOfOpenedFiles(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	type open struct{ name, path string }
	var opens []open
	add := func(name, path string) { opens = append(opens, open{name, path}) }
	file := func(name string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, n := range []int{1, 7, 8, 9, 16, 24, 31, 32, 33, 39, 40, 41, 80, 167, 168, 169, 255} {
		p := file(strings.Repeat("n", n))
		add(p, p)
	}
	for _, n := range []int{2, 15, 30, 40} {
		p := file(strings.Repeat("d/", n) + "file")
		add(p, p)
	}
	p := file(strings.Repeat(strings.Repeat("long", 50)+"/", 5) + "file")
	add(p, p)
	p = file("target")
	if err := os.Symlink("target", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	add(filepath.Join(dir, "link"), p)
	add(filepath.Join(dir, "d/../target"), p)
	add("/", "/")
	add("/proc", "/proc")
	add("/proc/sys/kernel/ostype", "/proc/sys/kernel/ostype")
	add(dir, dir)
	file("before/in/file")
	add(filepath.Join(dir, "before/in/file"), filepath.Join(dir, "before/in/file"))
	add(filepath.Join(dir, "before")+" -> "+filepath.Join(dir, "after"), "")
	add(filepath.Join(dir, "after/in/file"), filepath.Join(dir, "after/in/file"))
	add(filepath.Join(dir, "after")+" -> "+filepath.Join(dir, "before"), "")
	var names, want []string
	for _, o := range opens {
		names = append(names, o.name)
		if o.path != "" {
			want = append(want, o.name+" is "+o.path)
		}
	}
	t.Setenv(openEnv, strings.Join(names, "\n"))
	defer func() { withoutCast, onAttached = false, nil }()
	for _, withoutCast = range []bool{false, true} {
		var got []string
		onAttached = func(k *kernel) {
			if k.cast && withoutCast {
				t.Error("programs are loaded with casts, although they are to do without")
			}
		}
		for b, i := range callsOf(t, openArg, Options{}) {
			name := string(b.Value(format.ColAEnter, i))
			if b.I32[format.ColNR][i] != unix.SYS_OPENAT || !slices.Contains(names, name) {
				continue
			}
			got = append(got, name+" is "+string(b.Value(format.ColPath, i)))
			if k, e := format.ViewStatus(b.U8[format.ColAKernelStatus][i]), format.ViewStatus(b.U8[format.ColAExitStatus][i]); k != format.ViewSame || e != format.ViewSame {
				t.Errorf("%s: kernel view %d, exit view %d, want both the same as at enter", name, k, e)
			}
		}
		for k := range max(len(got), len(want)) {
			g, w := "", ""
			if k < len(got) {
				g = got[k]
			}
			if k < len(want) {
				w = want[k]
			}
			if g != w {
				t.Fatalf("without casts: %v: %d of %d\n%s, want\n%s", withoutCast, k, len(want), g, w)
			}
		}
	}
}
