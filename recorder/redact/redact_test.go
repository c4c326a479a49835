package redact

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// rowOf appends a row of an event; n tells it from others.
func rowOf(b *format.Batch, e format.EventID, pid uint32, n int) int {
	i := b.Append()
	b.U16[format.ColEvent][i], b.U32[format.ColTID][i], b.I64[format.ColTime][i] = uint16(e), pid, int64(n)
	return i
}

func TestRedact(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("0123456789abcdef"), 0o600); err != nil {
		t.Fatal(err)
	}
	make := func() *Redactor {
		d, err := New(&Redaction{Patterns: []string{`password=(\S+)`, `alice`}, KeyFile: key})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := make()
	a, s1, s2 := d.token([]byte("alice")), d.token([]byte("s1")), d.token([]byte("s2"))
	if a == s1 || s1 == s2 || make().token([]byte("s1")) != s1 || strings.Contains(a, "/") {
		t.Errorf("tokens %s %s %s", a, s1, s2)
	}
	for in, want := range map[string]string{
		"": "", "/etc/passwd": "/etc/passwd", "/home/alice/x": "/home/" + a + "/x",
		"curl\x00--password=s1\x00x\x00": "curl\x00--password=" + s1 + "\x00x\x00",
		"password=s1 password=s2":        "password=" + s1 + " password=" + s2,
	} {
		if got := string(d.text([]byte(in), cutArgs)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}

	b := format.NewBatch(0)
	openat := rowOf(b, format.EventSyscall, 1, 1)
	b.U8[format.ColABI][openat], b.I32[format.ColNR][openat] = uint8(format.ABIAMD64), 257
	b.SetBytes(format.ColAEnter, openat, []byte("/home/alice/1"))
	b.SetBytes(format.ColAKernel, openat, []byte("/home/bob/1"))
	b.SetBytes(format.ColPath, openat, []byte("/home/alice/1"))
	exec := rowOf(b, format.EventExec, 1, 2)
	b.SetBytes(format.ColBKernel, exec, []byte("x\x00password=s1\x00"))
	connect := rowOf(b, format.EventSyscall, 1, 3)
	b.U8[format.ColABI][connect], b.I32[format.ColNR][connect] = uint8(format.ABIAMD64), 42
	b.SetBytes(format.ColBEnter, connect, []byte("a sockaddr, alice"))
	view := rowOf(b, format.EventView, 1, 4)
	b.SetBytes(format.ColAKernel, view, []byte("alice"))
	got := d.Batch(b)
	for _, c := range []struct {
		col  format.ColumnID
		row  int
		want string
	}{
		{format.ColAEnter, openat, "/home/" + a + "/1"}, {format.ColAKernel, openat, "/home/bob/1"}, {format.ColPath, openat, "/home/" + a + "/1"},
		{format.ColBKernel, exec, "x\x00password=" + s1 + "\x00"}, {format.ColBEnter, connect, "a sockaddr, alice"}, {format.ColAKernel, view, a},
	} {
		if v := string(got.Value(c.col, c.row)); v != c.want {
			t.Errorf("row %d, %s: %q, want %q", c.row, format.Columns[c.col].Name, v, c.want)
		}
	}
	// Nothing of what was replaced is in the dictionary, which is written whole.
	var dict bytes.Buffer
	for ref := uint32(1); int(ref) < got.Dict.Len(); ref++ {
		dict.Write(got.Dict.Bytes(ref))
	}
	if strings.Contains(dict.String(), "s1\x00") || strings.Contains(dict.String(), "/home/alice") {
		t.Errorf("the dictionary has it: %q", dict.String())
	}
	clean := format.NewBatch(0)
	rowOf(clean, format.EventSyscall, 1, 1)
	if d.Batch(clean) != clean {
		t.Error("a batch without a match was copied")
	}
	h := &format.Header{Command: []string{"curl", "password=s1"}, Args: []string{"tracerec", "--", "password=s1"}}
	d.Header(h, &Redaction{Patterns: []string{"p"}})
	if h.Command[1] != "password="+s1 || h.Args[2] != "password="+s1 || h.Redacted == nil || h.Redacted.Key == "" {
		t.Errorf("%+v", h)
	}
	for _, bad := range []Redaction{{Patterns: []string{"("}}, {Patterns: []string{"x*"}}, {KeyFile: key}, {Patterns: []string{"x"}, KeyFile: key + "-"}} {
		if _, err := New(&bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

// TestRedactBytes: values that are no text are redacted, too, and views of which a
// witness keeps the beginning, or which the kernel has cut apart, stay equal.
func TestRedactBytes(t *testing.T) {
	d, err := New(&Redaction{Patterns: []string{`secret\w*`, `password=(.*)`}})
	if err != nil {
		t.Fatal(err)
	}
	b := format.NewBatch(0)
	call := func(n int, name string, col format.ColumnID, value string) int {
		i := rowOf(b, format.EventSyscall, 1, n)
		sc := slices.IndexFunc(format.Syscalls, func(sc format.Syscall) bool { return sc.Name == name })
		b.U8[format.ColABI][i], b.I32[format.ColNR][i] = uint8(format.ABIAMD64), int32(format.Syscalls[sc].NR[format.ABIAMD64])
		b.SetBytes(col, i, []byte(value))
		return i
	}
	long := strings.Repeat("x", format.HeadKept-8) + "secret-of-some-length"
	key := call(1, "add_key", format.ColCEnter, "secret1")
	attr := call(2, "setxattr", format.ColCEnter, long)
	hook := rowOf(b, format.EventInodeSetxattr, 1, 3)
	b.SetBytes(format.ColBKernel, hook, []byte(long[:format.HeadKept]))
	mount := call(4, "mount", format.ColDEnter, "user=u,password=p,vers=3")
	b.SetBytes(format.ColDKernel, mount, []byte("user=u\x00password=p\x00vers=3"))
	group := call(5, "setgroups", format.ColAEnter, "secret")
	got := d.Batch(b)
	value := func(col format.ColumnID, i int) string { return string(got.Value(col, i)) }
	for i, v := range []string{value(format.ColCEnter, key), value(format.ColCEnter, attr), value(format.ColBKernel, hook)} {
		if !strings.Contains(v, "[redacted:") || strings.Contains(v, "secret") {
			t.Errorf("value %d: %q", i, v)
		}
	}
	if a, h := value(format.ColCEnter, attr), value(format.ColBKernel, hook); !strings.HasPrefix(a, h) {
		t.Errorf("the hook's %q is not the beginning of %q", h, a)
	}
	shown, used := value(format.ColDEnter, mount), value(format.ColDKernel, mount)
	if strings.ReplaceAll(shown, ",", "\x00") != used || !strings.HasSuffix(shown, ",vers=3") || strings.Contains(shown, "password=p") {
		t.Errorf("options shown %q, used %q", shown, used)
	}
	if value(format.ColAEnter, group) != "secret" {
		t.Error("an array of numbers was redacted")
	}
}
