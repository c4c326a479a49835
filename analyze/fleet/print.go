package fleet

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/tracerec/tracerec/format/show"
)

func clean(s string) string {
	if len(s) > 200 {
		return show.Escape([]byte(s[:200])) + "…"
	}
	return show.Escape([]byte(s))
}

// Print writes the fleet section: each host's coverage, then what is rare, most
// rows of each; 0 for all.
func (f *Fleet) Print(w io.Writer, most int) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "fleet of %s, %s", show.Count(uint64(f.NumHosts()), "host"), show.Count(uint64(f.Files), "file"))
	if f.Resumed > 0 {
		fmt.Fprintf(&b, " (%d of them from --state)", f.Resumed)
	}
	if f.Unread > 0 {
		fmt.Fprintf(&b, ", %d could not be read", f.Unread)
	}
	b.WriteString("\n")
	t := newTable(&b, "host", "boot", "files", "rows", "arguments", "unseen", "lost", "incomplete", "critical", "high", "medium", "low")
	hosts := f.Hosts()
	for i, h := range hosts {
		if most > 0 && i == most {
			t.AppendRow(table.Row{fmt.Sprintf("… %s more", humanize.Comma(int64(len(hosts)-i)))})
			break
		}
		boot := clean(h.BootID)
		t.AppendRow(table.Row{clean(h.Host), boot[:min(len(boot), 8)], h.Files, h.Rows, h.Arguments, share(h.Unseen, h.Arguments), h.Lost, h.Incomplete,
			h.Severities["critical"], h.Severities["high"], h.Severities["medium"], h.Severities["low"]})
	}
	t.Render()
	f.rare(&b, "findings", f.Findings(), most, func(key string) string {
		rule, argument, comm := keyWords(key)
		return clean(rule) + "  " + clean(argument) + "  by " + clean(comm)
	})
	f.rare(&b, "executables", f.Execs(), most, clean)
	f.rare(&b, "destinations", f.Peers(), most, clean)
	if f.Dropped > 0 {
		fmt.Fprintf(&b, "%s not counted: too many different ones\n", show.CountOf(f.Dropped, "sighting was", "sightings were"))
	}
	_, err := w.Write(b.Bytes())
	return err
}

func share(n, of uint64) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(of))
}

func newTable(w io.Writer, head ...any) table.Writer {
	t := table.NewWriter()
	t.SuppressTrailingSpaces()
	t.SetOutputMirror(w)
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	t.SetStyle(style)
	t.AppendHeader(head)
	var counts []table.ColumnConfig
	for i := range head {
		counts = append(counts, table.ColumnConfig{Number: i + 1, Transformer: withCommas})
	}
	t.SetColumnConfigs(counts)
	return t
}

// withCommas prints counts as all reports do.
func withCommas(v any) string {
	switch n := v.(type) {
	case int:
		return humanize.Comma(int64(n))
	case uint64:
		return humanize.Comma(int64(n))
	}
	return fmt.Sprint(v)
}

func (f *Fleet) rare(w io.Writer, what string, list []*Rare, most int, words func(string) string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\nrarest %s, of %s\n", what, humanize.Comma(int64(len(list))))
	t := newTable(w, "hosts", "times", "first seen", "on", what)
	for i, r := range list {
		if most > 0 && i == most {
			break
		}
		t.AppendRow(table.Row{fmt.Sprintf("%d/%d", len(r.Hosts), f.NumHosts()), r.Count, r.FirstTime().Format("2006-01-02T15:04:05Z"), clean(r.FirstHost), words(r.Key)})
	}
	t.Render()
}

type jsonHost struct {
	Type       string            `json:"type"`
	Host       string            `json:"host"`
	BootID     string            `json:"boot_id"`
	Files      int               `json:"files"`
	Rows       uint64            `json:"rows"`
	Calls      uint64            `json:"calls"`
	Arguments  uint64            `json:"arguments"`
	Unseen     uint64            `json:"unseen"`
	Lost       uint64            `json:"lost"`
	Damaged    int               `json:"damaged"`
	Incomplete int               `json:"incomplete"`
	Severities map[string]uint64 `json:"severities"`
}

type jsonRare struct {
	Type      string   `json:"type"`
	What      string   `json:"what"` // finding, executable, destination
	Rule      string   `json:"rule,omitempty"`
	Argument  string   `json:"argument,omitempty"`
	Value     string   `json:"value"` // the executable, the destination; of a finding the name of its process
	Hosts     int      `json:"hosts"`
	Of        int      `json:"of"`
	Count     uint64   `json:"count"`
	First     string   `json:"first"`
	FirstHost string   `json:"first_host"`
	On        []string `json:"on"` // some of the hosts
}

// SomeHosts is how many of the hosts a rare thing was seen on are named, the first by name.
const SomeHosts = 8

// The kinds of things whose rarity is counted, in the order of reports.
const (
	KindFinding     = "finding"
	KindExecutable  = "executable"
	KindDestination = "destination"
)

// Kinds are all of them.
var Kinds = []string{KindFinding, KindExecutable, KindDestination}

func line(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return show.SafeJSON(b.Bytes()), err
}

// Line is the host as an object of type host, with a newline.
func (h *Host) Line() ([]byte, error) {
	return line(jsonHost{"host", h.Host, h.BootID, h.Files, h.Rows, h.Calls, h.Arguments, h.Unseen, h.Lost, h.Damaged, h.Incomplete, h.Severities})
}

// UnreadLine is a summary that has only an error, as an object of type unread, with a newline.
func UnreadLine(s *Summary) ([]byte, error) {
	return line(struct {
		Type  string `json:"type"`
		File  string `json:"file"`
		Error string `json:"error"`
	}{"unread", s.File, s.Error})
}

// Sighting is how rare a thing of some kind is, without the names of all hosts.
type Sighting struct {
	Kind, Key string
	NumHosts  int
	Seen
	FirstHost string
	On        []string // the first SomeHosts by name
}

// Line is the sighting as an object of type rare, in a fleet of so many hosts, with a newline.
func (r *Sighting) Line(of int) ([]byte, error) {
	out := jsonRare{Type: "rare", What: r.Kind, Value: r.Key, Hosts: r.NumHosts, Of: of, Count: r.Count,
		First: time.Unix(0, r.First).UTC().Format("2006-01-02T15:04:05.000000000Z"), FirstHost: r.FirstHost, On: r.On}
	if r.Kind == KindFinding {
		out.Rule, out.Argument, out.Value = keyWords(r.Key)
	}
	return line(out)
}

// Compare orders sightings of one kind, the rarest first.
func (r *Sighting) Compare(s *Sighting) int {
	return cmp.Or(cmp.Compare(r.NumHosts, s.NumHosts), cmp.Compare(r.Count, s.Count), cmp.Compare(r.First, s.First), cmp.Compare(r.Key, s.Key))
}

// JSON writes one line for each host and for each finding, executable and destination.
func (f *Fleet) JSON(w io.Writer) error {
	write := func(b []byte, err error) error {
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	}
	for _, h := range f.Hosts() {
		if err := write(h.Line()); err != nil {
			return err
		}
	}
	for _, kind := range Kinds {
		for _, r := range f.Rare(kind) {
			s := Sighting{Kind: kind, Key: r.Key, NumHosts: len(r.Hosts), Seen: r.Seen, FirstHost: r.FirstHost}
			s.On = slices.Sorted(maps.Keys(r.Hosts))
			s.On = s.On[:min(len(s.On), SomeHosts)]
			if err := write(s.Line(f.NumHosts())); err != nil {
				return err
			}
		}
	}
	return nil
}
