//go:build linux && amd64

package show

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

// straceCase is one call with one interesting argument.
type straceCase struct {
	row   *format.Syscall
	arg   int
	args  [6]uint64
	words *words
}

// straceCases has a case for every value that has a name, in every argument
// of a call of x86_64 that can have it.
func straceCases() (cases []straceCase) {
	for i := range format.Syscalls {
		row := &format.Syscalls[i]
		switch row.Name {
		case "execve", "execveat", "exit_group", "rt_sigreturn", "restart_syscall":
			continue // the program needs the first ones, and strace does not show the arguments of the others
		}
		// A call that this strace does not know it would let through.
		if !row.Has(format.ABIAMD64) || row.NR[format.ABIAMD64] > 424 && !straceKnows(row.Name) {
			continue
		}
		var base [6]uint64
		for n, a := range row.Args {
			if a.Kind == format.KindFD {
				base[n] = 1<<64 - 1
			}
		}
		for n, a := range row.Args {
			w := wordsOf(a.Kind)
			add := func(w *words, args [6]uint64) {
				for _, v := range w.values() {
					args[n] = v
					cases = append(cases, straceCase{row, n, args, w})
				}
			}
			switch {
			case a.Kind == format.KindSignal:
				add(&words{enum: numbered(signals[:])}, base)
			case a.Kind == format.KindCloneFlags:
				add(&words{bits: cloneFlags[:len(cloneFlags)-1]}, base)
			case a.Kind == format.KindOpenFlags:
				add(&words{bits: openX86}, base)
			case w == nil:
			case w.by == format.KindNone:
				add(w, base)
			default:
				for k, b := range row.Args {
					for v, option := range w.when {
						if args := base; b.Kind == w.by && option.as == format.KindNone {
							args[k] = v
							add(&option, args)
						}
					}
				}
			}
		}
	}
	return cases
}

func straceKnows(name string) bool {
	return exec.Command("strace", "-o", os.DevNull, "-e", "trace="+name, "true").Run() == nil
}

// values are those with a name, all flags at once, and one that has none.
func (w *words) values() (values []uint64) {
	all := uint64(0)
	for _, b := range w.enum {
		values = append(values, b.value)
	}
	for _, b := range w.bits {
		values = append(values, b.value)
		all |= b.value
	}
	if w.form != nil { // with each direction, and size
		values = append(values, 0x40047fff, 0x80107ffe, 0xffffffff, 0x7f00)
	}
	return append(values, all)
}

// runStrace makes the calls under strace, none of which reaches the kernel:
// strace prints what it was asked for and fails the call.
func runStrace(t *testing.T, cases []straceCase) []string {
	t.Helper()
	dir := t.TempDir()
	var c strings.Builder
	c.WriteString("static const unsigned long calls[][7] = {\n")
	for _, k := range cases {
		fmt.Fprintf(&c, "{%d", k.row.NR[format.ABIAMD64])
		for _, v := range k.args {
			fmt.Fprintf(&c, ",%#xUL", v)
		}
		c.WriteString("},\n")
	}
	c.WriteString(`};
static long call(const unsigned long *c)
{
	register unsigned long r10 asm("r10") = c[4], r8 asm("r8") = c[5], r9 asm("r9") = c[6];
	long ret;
	asm volatile("syscall" : "=a"(ret) : "a"(c[0]), "D"(c[1]), "S"(c[2]), "d"(c[3]), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return ret;
}
void _start(void)
{
	static const unsigned long end[7] = {231};
	for (unsigned long i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		call(calls[i]);
	call(end);
}
`)
	source, program, log := filepath.Join(dir, "calls.c"), filepath.Join(dir, "calls"), filepath.Join(dir, "log")
	if err := os.WriteFile(source, []byte(c.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", "-O1", "-fno-builtin", "-static", "-nostdlib", "-o", program, source).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	if out, err := exec.Command("strace", "-o", log, "-e", "inject=!execve,exit_group:error=ENOSYS", program).CombinedOutput(); err != nil {
		t.Skipf("strace cannot trace here: %v %s", err, out)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); strings.Contains(line, "(INJECTED)") {
			lines = append(lines, line)
		}
	}
	return lines
}

var straceCall = regexp.MustCompile(`^(\w+)\((.*)\) += -1 ENOSYS`)

// splitArgs splits at commas outside of brackets.
func splitArgs(s string) (args []string) {
	depth, begin := 0, 0
	for i, c := range s {
		switch c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case ',':
			if depth == 0 {
				args, begin = append(args, strings.TrimSpace(s[begin:i])), i+1
			}
		}
	}
	return append(args, strings.TrimSpace(s[begin:]))
}

func shownArgs(c *straceCase) []string {
	b := format.NewBatch(1)
	i := b.Append()
	b.U16[format.ColEvent][i] = uint16(format.EventSyscall)
	b.U8[format.ColABI][i] = uint8(format.ABIAMD64)
	b.I32[format.ColNR][i] = int32(c.row.NR[format.ABIAMD64])
	for n, v := range c.args {
		b.U64[format.ColArg0+format.ColumnID(n)][i] = v
	}
	o := &Options{}
	return splitArgs(string(o.appendArgs(nil, b, i, format.ABIAMD64, c.row)))
}

// otherNames are strace's names for values that have several.
var otherNames = strings.NewReplacer(
	"FASYNC", "O_ASYNC", "MSG_PROBE", "MSG_PROXY", "WSTOPPED", "WUNTRACED", "TFD_TIMER_ABSTIME", "TIMER_ABSTIME",
	"SO_GET_FILTER", "SO_ATTACH_FILTER", "O_EXCL", "O_NOTIFICATION_PIPE",
)

// otherForm are the calls of which strace shows an argument in another form
// than flags: with a priority among them, and as QCMD(command, type).
var otherForm = map[string]bool{"swapon": true, "quotactl": true, "quotactl_fd": true}

// sameWords says whether both are the same names in any order. strace may
// know less: then what it shows as a number must be what is left.
func sameWords(w *words, theirs, ours string) bool {
	left := uint64(0)
	have := map[string]bool{}
	for word := range strings.SplitSeq(theirs, "|") {
		if n, err := strconv.ParseUint(word, 0, 64); err == nil && (len(word) != 3 || !w.octal) {
			left |= n
		} else {
			have[word] = true
		}
	}
	for word := range strings.SplitSeq(ours, "|") {
		if have[word] {
			delete(have, word)
			continue
		}
		known := false
		for _, b := range slices.Concat(w.bits, w.enum) {
			if b.name == word && b.value&left == b.value {
				left &^= b.value
				known = true
				break
			}
		}
		if !known && word != "0" {
			return false
		}
	}
	return left == 0 && len(have) == 0
}

// Every name of every value is the one that strace gives it, in the same
// place of the same call.
func TestArgumentsAgreeWithStrace(t *testing.T) {
	for _, tool := range []string{"strace", "gcc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("no " + tool + " here: install the package " + tool)
		}
	}
	cases := straceCases()
	lines := runStrace(t, cases)
	if len(lines) != len(cases) {
		t.Fatalf("strace shows %d calls of %d", len(lines), len(cases))
	}
	agree, unknown, ioctlNames := 0, 0, 0
	for i := range cases {
		c := &cases[i]
		m := straceCall.FindStringSubmatch(lines[i])
		if m == nil {
			t.Fatalf("strace wrote a line that the test does not understand: %s", lines[i])
		}
		theirs, ours := splitArgs(m[2]), shownArgs(c)
		if c.row.Name == "clone" {
			theirs[0] = strings.TrimPrefix(theirs[1], "flags=") // it puts the stack first
		}
		if c.arg >= len(theirs) || c.arg >= len(ours) || strings.Contains(theirs[c.arg], "/*") || otherForm[c.row.Name] {
			unknown++ // by this strace, or it does not show an argument that the call does not use
			continue
		}
		if c.row.Name == "ioctl" { // one name or none: strace may know less
			v := c.args[c.arg]
			if form := string(appendIoctl(nil, v)); theirs[c.arg] != ours[c.arg] && (theirs[c.arg] != form || find(ioctls, v) == "") {
				t.Errorf("%s: %q, not %q", lines[i], theirs[c.arg], ours[c.arg])
				continue
			}
			ioctlNames++
			agree++
			continue
		}
		if !sameWords(c.words, otherNames.Replace(theirs[c.arg]), otherNames.Replace(ours[c.arg])) {
			t.Errorf("%s: %q, not %q", lines[i], theirs[c.arg], ours[c.arg])
			continue
		}
		agree++
	}
	if ioctlNames < 590 {
		t.Errorf("only %d requests of ioctl were compared", ioctlNames)
	}
	if agree < 2500 {
		t.Errorf("only %d arguments were compared", agree)
	}
	t.Logf("%d arguments agree, %d are not shown by this strace, or as a number", agree, unknown)
}
