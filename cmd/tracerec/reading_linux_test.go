package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
)

// At follows a reading to the end of the blocks; the bar is for terminals only.
func TestWatchReading(t *testing.T) {
	r, err := format.Open(openTrace(t, "/tmp/a", "/tmp/a"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var talk bytes.Buffer
	done := watchReading(&talk, r)
	if r.At() != 0 {
		t.Errorf("at %d before anything was read", r.At())
	}
	for _, err := range r.Blocks(format.ReadOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if last := r.BlockInfo(r.BlockCount() - 1); r.At() <= 0 || r.At() > last.Offset+last.Size {
			t.Errorf("at %d, the last block ends at %d", r.At(), last.Offset+last.Size)
		}
	}
	if last := r.BlockInfo(r.BlockCount() - 1); r.At() != last.Offset+last.Size {
		t.Errorf("at %d in the end, the last block ends at %d", r.At(), last.Offset+last.Size)
	}
	done()
	if talk.Len() > 0 {
		t.Errorf("drawn to no terminal: %q", talk.String())
	}
}

// Every verb that reads a whole file draws how far it is on a terminal, and takes
// the bar away before it ends.
func TestReadingVerbsDraw(t *testing.T) {
	defer func(wait time.Duration) { readingWait = wait }(readingWait)
	readingWait = time.Nanosecond
	trace := longTrace(t, 1<<17)
	dir := t.TempDir()
	for _, args := range []string{
		"replay --tree FILE", "replay --findings never --limit 1 FILE", "replay FILE ps", "replay FILE summary", "replay --index FILE lsof", "replay --html " + dir + "/page.html FILE", "analyze FILE", "verify FILE", "info FILE",
		"filter false -o " + dir + "/filter.trc FILE", "repack -o " + dir + "/repack.trc FILE", "export --filter false -o " + dir + "/rows.jsonl FILE", "split --rows 1000000 -o " + dir + "/split.trc FILE",
	} {
		terminal, shown := openTerminal(t)
		root := newRoot()
		root.SetArgs(strings.Fields(strings.Replace(args, "FILE", trace, 1)))
		root.SetOut(io.Discard)
		root.SetErr(terminal)
		if code := run(root); code != 0 {
			t.Errorf("%s: exit code %d", args, code)
		}
		text := shown()
		drawn := strings.LastIndex(text, "reading")
		if drawn < 0 || !strings.Contains(text, "%") {
			t.Errorf("%s drew no bar: %q", args, text)
			continue
		}
		// What is told afterwards begins on a line that was cleared.
		if i := strings.LastIndex(text, "\r"); strings.Contains(text[i:], "reading") {
			t.Errorf("%s left its bar there: %q", args, text[drawn:])
		}
	}
}

// longTrace has that many rows of calls that nothing is compared of.
func longTrace(t *testing.T, rows int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "long.trc")
	w, err := format.Create(path, &format.Header{Host: "lab", BootID: "b"}, format.WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const each = 1 << 14
	b := format.NewBatch(each)
	for at := 0; at < rows; at += each {
		b.Reset()
		for n := at; n < at+each; n++ {
			i := b.Append()
			for c, v := range map[format.ColumnID]uint64{
				format.ColEvent: uint64(format.EventSyscall), format.ColABI: uint64(format.ABIAMD64), format.ColNR: uint64(n % 8 * 39),
				format.ColTID: uint64(7 + n%5), format.ColTGID: 7, format.ColCall: uint64(n), format.ColTime: uint64(100 + n*1000), format.ColRet: uint64(n % 3),
			} {
				b.Set(c, i, v)
			}
		}
		if err := w.Write(b, format.Clock{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(&format.Totals{}); err != nil {
		t.Fatal(err)
	}
	return path
}

// openTerminal makes a pseudo-terminal (pty(7)). shown closes it and gives what
// was written to it.
func openTerminal(t *testing.T) (terminal *os.File, shown func() string) {
	t.Helper()
	other, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	if err := unix.IoctlSetPointerInt(int(other.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(other.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	var read sync.WaitGroup
	read.Go(func() { io.Copy(&text, other) }) // EIO when the other end is closed
	return terminal, func() string {
		terminal.Close()
		read.Wait()
		other.Close()
		return text.String()
	}
}
