package tui

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/format/text"
	"github.com/tracerec/tracerec/replay"
)

var update = flag.Bool("update", false, "write what is shown to testdata")

// incident is a shell that runs a program, which opens what the kernel was
// given another name for; names are hostile; records are lost.
const incident = `tracerec text 1
id 00112233445566778899aabbccddeeff
header {"version":1,"machine":"x86_64","clock":{"boottime":1000000000,"realtime":1790000000000000000},"command":["sh"]}
block boottime=1 realtime=2
syscall time=1100000000 duration=2000000 cpu=1 tid=10 pid=10 ppid=1 comm="sh" start=900000000 call=1 abi=1 nr=59 arg0=64 arg1=80 a_enter="/bin/sh" a_enter_status=1 a_kernel_status=2 a_rungs=8 b_enter="sh\x00-c\x00x\x1b[31m\x00" b_enter_status=1 b_kernel_status=2 dev=266338304 ino=7 path="/usr/bin/dash"
exec time=1101000000 cpu=1 tid=10 pid=10 ppid=1 comm="sh" start=900000000 call=1 arg0=10 a_enter="/bin/sh" a_kernel="/bin/sh" b_kernel="sh\x00-c\x00x\x1b[31m\x00" b_kernel_status=1 dev=266338304 ino=7 path="/usr/bin/dash"
fork time=1200000000 cpu=1 tid=10 pid=10 ppid=1 comm="sh" start=900000000 call=2 arg0=11 arg1=11 arg2=1200000000 arg4=17
syscall time=1300000000 duration=5000000 cpu=1 tid=11 pid=11 ppid=10 comm="caf\xc3\xa9\x1b]0;x" start=1200000000 call=3 abi=1 nr=257 ret=3 arg0=4294967196 arg1=4096 a_enter="/tmp/harmless" a_kernel="/etc/shadow" a_enter_status=1 a_kernel_status=1 a_exit_status=2 a_rungs=8 a_copies=1 dev=266338304 ino=99 path="/etc/shadow"
putname time=1300500000 cpu=1 tid=11 pid=11 ppid=10 comm="caf\xc3\xa9\x1b]0;x" start=1200000000 call=3 a_kernel="/etc/shadow" a_kernel_status=1
block boottime=1 realtime=2
lost time=1500000000 cpu=1 arg2=42 arg5=1400000000
syscall time=1600000000 duration=5000 cpu=1 tid=11 pid=11 ppid=10 comm="\xe6\x97\xa5\xe6\x9c\xac\xe2\x80\xae" start=1200000000 call=4 abi=1 nr=257 ret=-2 arg0=4294967196 arg1=4096 a_enter="/a/very/long/path/that/does/not/fit/on/a/line/of/eighty/columns/secret.txt" a_enter_status=1 a_kernel_status=2 a_exit_status=2 a_rungs=8
syscall time=1700000000 duration=500 cpu=1 tid=11 pid=11 ppid=10 comm="caf\xc3\xa9" start=1200000000 call=5 abi=1 nr=3 arg0=3
exit time=1800000000 cpu=1 tid=11 pid=11 ppid=10 comm="caf\xc3\xa9" start=1200000000 call=6 arg0=256 arg1=1
syscall time=1900000000 duration=500 cpu=1 tid=10 pid=10 ppid=1 comm="sh" start=900000000 call=7 abi=1 nr=39 ret=10
totals {"rows":10,"events":{},"lost":42,"seen":52,"read":10,"ended":{"boottime":2000000000,"realtime":1790000001000000000},"missed":0,"reason":"done"}
`

func incidentMarks() ([]replay.Mark, error) {
	return []replay.Mark{{Seq: 3, At: 1300000000, PID: 11, ID: "f00d\x1b", Severity: "critical", Rank: 4, Title: "divergent openat pathname \x1b[2J"}}, nil
}

// build makes a file of text.
func build(t *testing.T, source string) *format.Reader {
	t.Helper()
	path := filepath.Join(t.TempDir(), "incident.trc")
	w, err := text.Build(strings.NewReader(source), func(h *format.Header, o format.WriterOptions) (*format.Writer, error) {
		return format.Create(path, h, o)
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = w
	r, err := format.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// driver is a model, and who runs its commands.
type driver struct {
	*model
	t *testing.T
}

func drive(t *testing.T, r *format.Reader, o Options) *driver {
	t.Helper()
	o.Show = show.For(r.Header())
	o.Show.Time = show.TimeRel
	if o.Title == "" {
		o.Title = "incident.trc"
	}
	d := &driver{newModel(t.Context(), r, o), t}
	d.every = time.Millisecond
	d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	d.run(d.Init(), 0)
	return d
}

func (d *driver) send(msg tea.Msg) {
	_, cmd := d.Update(msg)
	d.run(cmd, 0)
}

func (d *driver) run(cmd tea.Cmd, depth int) {
	d.t.Helper()
	if cmd == nil {
		return
	}
	if depth > 10000 {
		d.t.Fatal("commands without end")
	}
	switch msg := cmd().(type) {
	case nil, tea.QuitMsg:
	case tea.BatchMsg:
		for _, c := range msg {
			d.run(c, depth+1)
		}
	default:
		_, cmd := d.Update(msg)
		d.run(cmd, depth+1)
	}
}

var named = map[string]tea.KeyPressMsg{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab}, "down": {Code: tea.KeyDown}, "up": {Code: tea.KeyUp},
	"left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight}, "end": {Code: tea.KeyEnd}, "home": {Code: tea.KeyHome}, "pgdown": {Code: tea.KeyPgDown},
	"pgup": {Code: tea.KeyPgUp}, "shift+right": {Code: tea.KeyRight, Mod: tea.ModShift},
}

// keys presses keys: those that have names, and the letters of all others.
func (d *driver) keys(keys ...string) *driver {
	d.t.Helper()
	for _, k := range keys {
		if msg, ok := named[k]; ok {
			d.send(msg)
			continue
		}
		for _, c := range k {
			d.send(tea.KeyPressMsg{Code: c, Text: string(c)})
		}
	}
	return d
}

// seen is the screen as text. Every frame must fit, and must hold no control
// character but those of styles.
func (d *driver) seen() string {
	d.t.Helper()
	content := d.View().Content
	lines := strings.Split(content, "\n")
	if len(lines) != d.height {
		d.t.Errorf("%d lines on a screen of %d", len(lines), d.height)
	}
	for i, line := range lines {
		plain := ansi.Strip(line)
		if w := ansi.StringWidth(plain); w > d.width {
			d.t.Errorf("line %d has %d columns of %d: %q", i, w, d.width, plain)
		}
		for _, c := range plain {
			if c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 || c == '\u202e' {
				d.t.Errorf("line %d holds %q: %q", i, c, plain)
			}
		}
		lines[i] = strings.TrimRight(plain, " ")
	}
	for rest := content; ; { // only colours and the like: ESC [ … m
		_, after, found := strings.Cut(rest, "\x1b")
		if !found {
			break
		}
		end := strings.IndexFunc(after, func(c rune) bool { return c != '[' && c != ';' && (c < '0' || c > '9') })
		if !strings.HasPrefix(after, "[") || end < 0 || after[end] != 'm' {
			d.t.Fatalf("an escape sequence that is no style: %q", after[:min(len(after), 20)])
		}
		rest = after
	}
	return strings.Join(lines, "\n") + "\n"
}

func (d *driver) golden(name string) {
	d.t.Helper()
	path := filepath.Join("testdata", name+".txt")
	got := d.seen()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			d.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		d.t.Errorf("%s (go test ./replay/tui -update writes it):\n%s", name, diff)
	}
}

func TestScreens(t *testing.T) {
	d := drive(t, build(t, incident), Options{Marks: incidentMarks})
	d.golden("processes")
	d.keys("down", "enter").golden("timeline-of-process")
	d.keys("x").golden("timeline")
	d.keys("home", "n").golden("finding")
	d.keys("enter").golden("event")
	d.keys("s", "tab").golden("state-lsof")
	d.keys("tab", "tab", "tab", "tab", "a").golden("state-ps")
	d.keys("esc", "esc", "?").golden("help")
	d.keys("q")
	d.keys("f", `ret < 0 &`, "enter").golden("filter-wrong")
	d.keys("esc", "f", `ret < 0`, "enter").golden("filter")
	d.send(tea.WindowSizeMsg{Width: 120, Height: 12})
	d.keys("x").golden("wide")
	d.send(tea.WindowSizeMsg{Width: 20, Height: 5})
	if got := d.View().Content; !strings.Contains(got, "too small") {
		t.Errorf("a terminal of 20×5 shows %q", got)
	}
}

// at is the text of the selected row.
func (d *driver) at() string {
	d.t.Helper()
	for line := range strings.Lines(d.seen()) {
		if strings.HasPrefix(line, "›") {
			return line
		}
	}
	return ""
}

func (d *driver) wantAt(what string) {
	d.t.Helper()
	if got := d.at(); !strings.Contains(got, what) {
		d.t.Errorf("selected is %q, not a row of %q", got, what)
	}
}

func TestMoves(t *testing.T) {
	d := drive(t, build(t, incident), Options{Marks: incidentMarks})
	d.keys("t", "/", "SECRET", "enter").wantAt("secret.txt")
	d.keys("g", "/", "openat", "enter").wantAt("harmless")
	d.keys(".").wantAt("secret.txt")
	d.keys(",").wantAt("harmless")
	d.keys("G").wantAt("getpid")
	d.keys("N").wantAt("harmless")
	d.keys("N")
	if !strings.Contains(d.seen(), "no further finding that way") {
		t.Error("it does not say that there is no finding before the first")
	}
	d.keys("@", "0.6s", "enter").wantAt("secret.txt")
	for moment, want := range map[string]string{"99": "behind the end of the recording, at 1.000000 s", "-5": "before the recording, which begins at"} {
		if d.keys("@", moment, "enter"); !strings.Contains(d.seen(), want) {
			t.Errorf("@ %s does not say %q:\n%s", moment, want, d.seen())
		}
	}
	d.keys("@", "nonsense", "enter")
	if !strings.Contains(d.seen(), "time: ") || d.prompt.what == "" {
		t.Error("a moment that is none is taken")
	}
	d.keys("esc", "home", "shift+right").wantAt("fork") // 0.1 s + a tenth of 0.8 s
	d.keys("]").wantAt("openat")
	d.keys("[", "left").wantAt("fork") // the row at or behind 0.192 s
	d.keys("up").wantAt("exec")
	// What was opened is there when the call has returned, and not before.
	if d.keys("g", "/", "harmless", "enter", "s", "tab"); !strings.Contains(d.seen(), "/etc/shadow") {
		t.Errorf("after openat the file is not open:\n%s", d.seen())
	}
	if d.keys("["); strings.Contains(d.seen(), "/etc/shadow") {
		t.Errorf("before openat the file is open:\n%s", d.seen())
	}
}

// many is a file of blocks with rows each; the last row of all is a close.
func many(t *testing.T, blocks, rows int) *format.Reader {
	var b bytes.Buffer
	head, _, _ := strings.Cut(incident, "block")
	b.WriteString(head)
	for i := range blocks {
		fmt.Fprintf(&b, "block boottime=1 realtime=2\n")
		for k := range rows {
			n, nr := i*rows+k, 39
			if n == blocks*rows-1 {
				nr = 3
			}
			fmt.Fprintf(&b, "syscall time=%d duration=5 tid=%d pid=%d comm=\"c\" start=5 call=%d abi=1 nr=%d ret=%d\n", 1000000000+n*1000, 100+i, 100+i, n, nr, n)
		}
	}
	fmt.Fprintf(&b, "totals {\"rows\":%d,\"events\":{},\"lost\":0,\"ended\":{\"boottime\":%d},\"reason\":\"done\"}\n", blocks*rows, 1000000000+blocks*rows*1000)
	return build(t, b.String())
}

// TestOnlyWhatIsSeen: of a file with many blocks, those on the screen are read.
func TestOnlyWhatIsSeen(t *testing.T) {
	const blocks, per = 300, 40
	d := drive(t, many(t, blocks, per), Options{})
	d.keys("t", "G").wantAt("close")
	d.keys("g").wantAt("= 0")
	d.keys("@", "0.006", "enter").wantAt("= 6000")
	if d.rows.read > 20 {
		t.Errorf("%d blocks were decoded to see three screens", d.rows.read)
	}
	for range 200 {
		d.keys("pgdown")
	}
	d.wantAt("= 9800") // 6000 + 200 pages of 19 rows
	if len(d.rows.blocks) > keepBlocks {
		t.Errorf("%d blocks are kept", len(d.rows.blocks))
	}
	for range 100 {
		d.keys("pgup")
	}
	d.wantAt("= 7900")
	// Blocks without the process are not read.
	before := d.rows.read
	d.rows.choose(100+250, nil)
	d.keys("g").wantAt(fmt.Sprint("= ", 250*per))
	if n := d.rows.read - before; n > 4 {
		t.Errorf("%d blocks were decoded for the rows of a process in one", n)
	}
	d.keys("x", "g", "/", "close", "enter").wantAt("close")
}

// TestWalk compares walks with what a plain loop finds.
func TestWalk(t *testing.T) {
	r := many(t, 7, 13)
	d := drive(t, r, Options{})
	d.keys("f", `ret % 5 == 0 && pid != 103`, "enter")
	var want []uint64
	for n := range 7 * 13 {
		if n%5 == 0 && n/13 != 3 {
			want = append(want, uint64(n))
		}
	}
	if diff := cmp.Diff(want, d.timeline.list); diff != "" {
		t.Errorf("rows chosen: %s", diff)
	}
	for from := range uint64(7 * 13) {
		var ahead, behind []uint64
		for _, n := range want {
			if n >= from {
				ahead = append(ahead, n)
			} else {
				behind = append([]uint64{n}, behind...)
			}
		}
		for _, until := range []time.Time{time.Now().Add(time.Hour), {}} { // one that is over at once goes on
			a, b := d.rows.walkFrom(from, false, 1000), d.rows.walkBefore(from, 1000)
			any := func(*format.Batch, int) bool { return true }
			a.test, b.test = any, any
			for !d.rows.run(a, until) || !d.rows.run(b, until) {
			}
			if diff := cmp.Diff(ahead, a.found); diff != "" {
				t.Fatalf("from %d on: %s", from, diff)
			}
			if diff := cmp.Diff(behind, b.found); diff != "" {
				t.Fatalf("before %d: %s", from, diff)
			}
		}
	}
}

// TestDamaged: rows of a block that cannot be read are said to be missing.
func TestDamaged(t *testing.T) {
	r := many(t, 3, 10)
	hit, path := r.BlockInfo(1), r.Path()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[hit.Offset+hit.Size/2] ^= 0x10
	other := filepath.Join(t.TempDir(), "damaged.trc")
	if err := os.WriteFile(other, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err = format.Open(other); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	d := drive(t, r, Options{})
	if !strings.Contains(d.seen(), "damaged") {
		t.Errorf("the processes do not say that the file is damaged:\n%s", d.seen())
	}
	d.keys("t")
	if n := strings.Count(d.seen(), "this row cannot be read"); n != 10 && n != 0 {
		t.Errorf("%d rows are said to be unreadable:\n%s", n, d.seen())
	}
	if !strings.Contains(d.keys("G").at(), "close") {
		t.Errorf("what follows the damage is not shown:\n%s", d.seen())
	}
}

// TestFindingsFail: what goes wrong with the findings is said.
func TestFindingsFail(t *testing.T) {
	d := drive(t, build(t, incident), Options{Marks: func() ([]replay.Mark, error) { return nil, errors.New("no \x1b[31m policy") }})
	if got := d.seen(); !strings.Contains(got, `findings are not marked: no \x1b[31m policy`) {
		t.Errorf("seen:\n%s", got)
	}
}

// TestRunEnds: Run leaves when its context ends, and nobody reads any more.
func TestRunEnds(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	r := many(t, 50, 40)
	var out bytes.Buffer
	if err := Run(ctx, r, Options{Title: "x", Show: show.For(r.Header()), In: strings.NewReader(""), Out: &out}); err != nil {
		t.Fatal(err)
	}
	if out.Len() == 0 {
		t.Error("nothing was drawn")
	}
}
