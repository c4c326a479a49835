package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/tracerec/tracerec/analyze"
	"github.com/tracerec/tracerec/analyze/fleet"
	"github.com/tracerec/tracerec/analyze/policy"
	"github.com/tracerec/tracerec/format/export"
)

func init() {
	register.DoFn5x1[context.Context, string, func(*item) bool, func(string), func([]byte, seen), error](&analyzeFn{})
	register.Iter1[item]()
	register.Emitter2[[]byte, seen]()
}

// analyzeFn analyses the files of one host and boot by the function that `tracerec analyze` uses, writes what it
// finds, and gives a line about the host, or files that cannot be read, and what was seen there how often.
type analyzeFn struct {
	Analyses []string
	Policies []Policy
	Output   string
	Verbose  bool // say on standard error what was done: who runs the worker reads it

	opts analyze.Options
}

// Policy is a policy on its way to the workers: the name of a shipped one, or a file's text.
type Policy struct{ Name, Text string }

// LoadPolicies reads what --policy names, for Options.
func LoadPolicies(args []string) ([]Policy, error) {
	set, problems := policy.Load(args)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	var list []Policy
	texts := map[string]bool{}
	for _, p := range set.Policies {
		if _, ok := policy.Source(p.Name); ok && p.File == "" {
			list = append(list, Policy{Name: p.Name})
			continue
		}
		if texts[p.File] {
			continue
		}
		texts[p.File] = true
		text, err := os.ReadFile(p.File)
		if err != nil {
			return nil, err
		}
		list = append(list, Policy{Name: p.File, Text: string(text)})
	}
	return list, nil
}

func policySet(list []Policy) (*policy.Set, error) {
	var all []*policy.Policy
	for _, p := range list {
		if p.Text == "" {
			set, problems := policy.Load([]string{p.Name})
			if err := problems.Err(); err != nil {
				return nil, err
			}
			all = append(all, set.Policies...)
			continue
		}
		parsed, problems := policy.Parse(p.Name, []byte(p.Text))
		if err := problems.Err(); err != nil {
			return nil, err
		}
		all = append(all, parsed...)
	}
	set, problems := policy.NewSet(all)
	return set, problems.Err()
}

// Setup is called once in a worker.
func (f *analyzeFn) Setup() error {
	f.opts = analyze.Options{Analyses: f.Analyses, Jobs: 1, Only: len(f.Policies) > 0}
	if len(f.Policies) == 0 {
		return nil
	}
	set, err := policySet(f.Policies)
	if err != nil {
		return err
	}
	f.opts.More = []analyze.Kind{set.Kind()}
	return nil
}

var (
	filesRead   = beam.NewCounter("tracerec", "files")
	filesUnread = beam.NewCounter("tracerec", "files_unread")
	rowsRead    = beam.NewCounter("tracerec", "rows")
	findings    = beam.NewCounter("tracerec", "findings")
)

func (f *analyzeFn) ProcessElement(ctx context.Context, key string, items func(*item) bool, lines func(string), saw func([]byte, seen)) (err error) {
	var files []fleet.Source
	for at := (item{}); items(&at); at = (item{}) {
		files = append(files, source(ctx, at))
	}
	out := newGroupOutput(Output(f.Output))
	defer func() { err = errors.Join(err, out.remove()) }()
	sum := fleet.New()
	err = fleet.Group(files, f.opts, fleet.Told{
		Finding: func(x *analyze.Finding) error {
			findings.Inc(ctx, 1)
			return out.finding(x)
		},
		Coverage: out.cover,
		Summary: func(s *fleet.Summary) error {
			sum.Add(s)
			filesRead.Inc(ctx, 1)
			if s.Error == "" {
				rowsRead.Inc(ctx, int64(s.Rows))
				return nil
			}
			filesUnread.Inc(ctx, 1)
			line, err := fleet.UnreadLine(s)
			lines(string(line))
			return err
		},
	})
	if err != nil {
		return fmt.Errorf("analyze host %q: %w", key, err)
	}
	for _, h := range sum.Hosts() { // one, unless headers have changed since
		if err := out.write(ctx, h.Host, h.BootID); err != nil {
			return err
		}
		line, err := h.Line()
		if err != nil {
			return err
		}
		lines(string(line))
	}
	for _, kind := range fleet.Kinds {
		for _, r := range sum.Rare(kind) {
			for host := range r.Hosts {
				saw(seenKey(kind, r.Key, host), seen{int64(r.Count), r.First})
			}
		}
	}
	if f.Verbose {
		host, _, _ := strings.Cut(key, "\n")
		fmt.Fprintf(os.Stderr, "tracerec-fleet: process %d has analyzed %d files of %s\n", os.Getpid(), len(files), host)
	}
	return nil
}

// source is a file of a group: fetched when its turn comes, removed after it.
func source(ctx context.Context, at item) fleet.Source {
	host := ""
	if at.Host >= 0 {
		host = "@" + strconv.FormatInt(at.Host, 10)
	}
	return fleet.Source{
		Member: fleet.Member{File: name(at.Location) + host, Recording: at.Recording, Number: int(at.Number)},
		Open: func() (string, func() error, error) {
			path, done, err := fetch(ctx, at.Location)
			return path + host, done, err
		},
	}
}

// groupOutput keeps a group's findings by date in files beside, as they may be many, until they are written.
type groupOutput struct {
	out      Output
	dir      string
	dates    map[string]int // date ─► how many
	coverage bytes.Buffer
}

func newGroupOutput(out Output) *groupOutput { return &groupOutput{out: out, dates: map[string]int{}} }

func (g *groupOutput) file(date string) string { return filepath.Join(g.dir, "date-"+date) }

func (g *groupOutput) finding(x *analyze.Finding) (err error) {
	if g.dir == "" {
		if g.dir, err = os.MkdirTemp("", "tracerec-fleet-"); err != nil {
			return err
		}
	}
	date := export.PartitionDate(x.Time)
	f, err := os.OpenFile(g.file(date), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	g.dates[date]++
	return errors.Join(analyze.NewJSON(f).Finding(x), f.Close())
}

func (g *groupOutput) cover(c *analyze.Coverage) error {
	return analyze.NewJSON(&g.coverage).Coverage(c)
}

// write makes all of it objects.
func (g *groupOutput) write(ctx context.Context, host, boot string) error {
	in := export.PartitionDir("host", host) + "/" + export.PartitionValue(boot)
	for date := range g.dates {
		if err := writeFindings(ctx, g.out, "findings/"+export.PartitionDir("date", date)+"/"+in, g.file(date)); err != nil {
			return err
		}
	}
	return g.out.Write(ctx, "coverage/"+in+".jsonl", func(w io.Writer) error {
		_, err := w.Write(g.coverage.Bytes())
		return err
	})
}

func (g *groupOutput) remove() error {
	if g.dir == "" {
		return nil
	}
	return os.RemoveAll(g.dir)
}
