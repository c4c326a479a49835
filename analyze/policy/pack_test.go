package policy

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/text"
)

func TestPackCompiles(t *testing.T) {
	set, problems := NewSet(Shipped())
	for _, p := range problems {
		t.Error(p)
	}
	if len(set.Policies) < 12 {
		t.Errorf("%d policies, want 12 at least", len(set.Policies))
	}
	for _, p := range set.Policies {
		if p.Title == "" || p.Doc == "" || len(p.MITRE) == 0 {
			t.Errorf("%s: title, doc and mitre must be there", p.Name)
		}
		if want := "pack/" + p.Name + ".yaml"; p.File != want {
			t.Errorf("%s stands in %s", p.Name, p.File)
		}
	}
}

var call = regexp.MustCompile(`^!(\w+)`)

// rows makes a trace of lines of rows: "!openat ret=3 …" is a syscall row of amd64; time
// and start are given where they are missing, as is the task of a pid.
func rows(t *testing.T, lines string) *format.Reader {
	t.Helper()
	var b strings.Builder
	b.WriteString("tracerec text 1\nid 00112233445566778899aabbccddeeff\nheader {\"boot_id\":\"b\",\"machine\":\"x86_64\",\"clock\":{\"realtime\":1000,\"boottime\":0}}\nblock boottime=1 realtime=1001\n")
	n := 0
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		n++
		line = call.ReplaceAllStringFunc(line, func(name string) string {
			at := slices.IndexFunc(format.Syscalls, func(s format.Syscall) bool { return s.Name == name[1:] && s.Has(format.ABIAMD64) })
			if at < 0 {
				t.Fatalf("no call %s", name)
			}
			return fmt.Sprintf("syscall abi=1 nr=%d call=%d", format.Syscalls[at].NR[format.ABIAMD64], n)
		})
		if !strings.Contains(line, " time=") {
			line += fmt.Sprintf(" time=%d", n*1_000_000)
		}
		pid := regexp.MustCompile(` pid=(\d+)`).FindStringSubmatch(line)
		if pid == nil {
			line += " pid=100"
			pid = []string{"", "100"}
		}
		if !strings.Contains(line, " tid=") {
			line += " tid=" + pid[1]
		}
		if !strings.Contains(line, " start=") {
			line += " start=" + pid[1]
		}
		b.WriteString(line + "\n")
	}
	fmt.Fprintf(&b, "totals {\"rows\":%d}\n", n)
	var file bytes.Buffer
	if _, err := text.Build(strings.NewReader(b.String()), func(h *format.Header, o format.WriterOptions) (*format.Writer, error) {
		return format.NewWriter(&file, h, o)
	}); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	r, err := format.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func find(t *testing.T, set *Set, r *format.Reader) (got []*analyze.Finding) {
	t.Helper()
	c, err := analyze.Reader(r, analyze.Options{Only: true, More: []analyze.Kind{set.Kind()}}, func(f *analyze.Finding) { got = append(got, f) })
	if err != nil {
		t.Fatal(err)
	}
	for _, why := range c.Incomplete {
		if strings.HasPrefix(why, "policy") {
			t.Error(why)
		}
	}
	return got
}

func steps(f *analyze.Finding) (n int) {
	for _, e := range f.Evidence {
		if e.Role == analyze.RoleStep {
			n++
		}
	}
	return n
}

// TestPack runs each shipped policy over rows that it must match and over rows, of what
// is like it and harmless, that it must not. Sections of testdata/pack/NAME.txtar:
// match and match.* , miss and miss.*; want has the messages of all matches in order.
func TestPack(t *testing.T) {
	for _, p := range Shipped() {
		t.Run(p.Name, func(t *testing.T) {
			set, _ := NewSet([]*Policy{p})
			a, err := txtar.ParseFile(filepath.Join("testdata/pack", p.Name+".txtar"))
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			var hits, misses int
			want := ""
			for _, f := range a.Files {
				kind, _, _ := strings.Cut(f.Name, ".")
				switch kind {
				case "match":
					hits++
					got := find(t, set, rows(t, string(f.Data)))
					if len(got) != 1 {
						t.Errorf("%s: %d findings, want 1", f.Name, len(got))
					}
					for _, f := range got {
						if f.Rule != p.Name || f.Severity < p.Severity || f.Verdict != analyze.Matched || !slices.Equal(f.Tags, p.MITRE) || steps(f) != len(p.Steps) {
							t.Errorf("finding %+v", f)
						}
						said = append(said, f.Reason)
					}
				case "miss":
					misses++
					for _, f := range find(t, set, rows(t, string(f.Data))) {
						t.Errorf("%s: found %s", kind, f.Reason)
					}
				case "want":
					want = strings.TrimSpace(string(f.Data))
				default:
					t.Errorf("section %s is not known", f.Name)
				}
			}
			if got := strings.Join(said, "\n"); got != want {
				t.Errorf("messages:\n%s\nwant:\n%s", got, want)
			}
			if hits == 0 || misses == 0 {
				t.Errorf("%d matches and %d misses: at least one of each", hits, misses)
			}
		})
	}
}
