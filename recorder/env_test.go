//go:build linux

package recorder

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// execsOf records program and returns the rows of its execve of "true".
func execsOf(t *testing.T, opt Options, program ...string) (h *format.Header, rows []*format.Batch) {
	t.Helper()
	opt.Output = filepath.Join(t.TempDir(), "t.trc")
	opt.Command = program
	opt.Privileges.Keep = true
	sum, err := Record(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Lost != 0 || sum.Corrupt != 0 || *sum.Exit != 0 {
		t.Fatalf("%d rows lost, %d corrupt, exit %d", sum.Lost, sum.Corrupt, *sum.Exit)
	}
	f, err := format.Open(opt.Output)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for n := range f.BlockCount() {
		b, err := f.ReadBlock(n, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			sc := format.SyscallOf(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i])
			if format.EventID(b.U16[format.ColEvent][i]) == format.EventSyscall && sc != nil && sc.Name == "execve" &&
				bytes.HasSuffix(b.Value(format.ColAEnter, i), []byte("/true")) && b.I64[format.ColRet][i] == 0 {
				one := format.NewBatch(0)
				new(format.Copier).Append(one, b, span(i, i+1))
				rows = append(rows, one)
			}
		}
	}
	return f.Header(), rows
}

// An environment is recorded on request only, then whole, and what is redacted
// is not in it.
func TestEnvironment(t *testing.T) {
	if err := ProbeFeatures().check(); err != nil {
		t.Skip(err)
	}
	long := "LONG=" + strings.Repeat("x", 3000)
	program := []string{"/usr/bin/env", "-i", "TOKEN=sesame", "EMPTY=", "BYTES=\xff\n", long, "/bin/true"}
	// what the two sides must be, as read in order
	status := func(b *format.Batch) (enter, kernel format.ViewStatus) {
		return format.ViewStatus(b.U8[format.ColCEnterStatus][0]), format.ViewStatus(b.U8[format.ColCKernelStatus][0])
	}

	h, rows := execsOf(t, Options{}, program...)
	if len(rows) != 1 || h.Env {
		t.Fatalf("%d execves of true; header says %v", len(rows), h.Env)
	}
	if enter, kernel := status(rows[0]); enter != format.ViewNone || kernel != format.ViewNone || rows[0].Value(format.ColCEnter, 0) != nil {
		t.Errorf("without --env: enter %v, kernel %v, %q", enter, kernel, rows[0].Value(format.ColCEnter, 0))
	}

	opt := Options{Env: true}
	opt.Patterns = []string{"TOKEN=(.*)"}
	h, rows = execsOf(t, opt, program...)
	if len(rows) != 1 || !h.Env {
		t.Fatalf("%d execves of true; header says %v", len(rows), h.Env)
	}
	b := rows[0]
	enter, kernel := status(b)
	if enter != format.ViewOK || kernel != format.ViewSame || format.Rung(b.U8[format.ColCRungs][0]) != format.RungExec || b.U8[format.ColCCopies][0] != 1 {
		t.Errorf("enter %v, kernel %v by %v, %d copies", enter, kernel, b.U8[format.ColCRungs][0], b.U8[format.ColCCopies][0])
	}
	got := b.Value(format.ColCEnter, 0)
	token, rest, _ := bytes.Cut(got, []byte{0})
	if !bytes.HasPrefix(token, []byte("TOKEN=[redacted:")) || bytes.Contains(got, []byte("sesame")) {
		t.Errorf("redacted: %q", token)
	}
	if want := "EMPTY=\x00BYTES=\xff\n\x00" + long + "\x00"; string(rest) != want {
		t.Errorf("the rest is %q, want %q", rest, want)
	}

	// No environment at all: the kernel has an empty one.
	_, rows = execsOf(t, Options{Env: true}, "/usr/bin/env", "-i", "/bin/true")
	if len(rows) != 1 {
		t.Fatalf("%d execves of true", len(rows))
	}
	if enter, kernel := status(rows[0]); enter != format.ViewOK || kernel != format.ViewSame || len(rows[0].Value(format.ColCEnter, 0)) != 0 {
		t.Errorf("empty: enter %v, kernel %v", enter, kernel)
	}
}
