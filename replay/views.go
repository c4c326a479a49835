package replay

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/tracerec/tracerec/format/show"
)

// Views are the lists of what there was at a moment.
var Views = []struct{ Name, Doc string }{
	{"ps", "the processes that lived"},
	{"lsof", "what they had open, and their directories"},
	{"netstat", "their sockets, with addresses and bytes"},
	{"mounts", "the mounts of each mount namespace"},
	{"rings", "io_uring instances"},
}

// ViewOptions choose what List writes.
type ViewOptions struct {
	View string
	At   int64  // for what is told in terms of it: how long something has lived
	PID  uint32 // one process only; 0 for all
	JSON bool
	Show show.Options
	Cell int // columns of a value at most, but for the last of a line; 0 for no bound
}

// List writes a view of what lives in s.
func List(w io.Writer, s *State, o ViewOptions) error {
	out := bufio.NewWriterSize(w, 1<<16)
	l := &lister{s: s, o: o, enc: json.NewEncoder(out), unsure: s.uncertainAt()}
	l.enc.SetEscapeHTML(false)
	l.table = tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	list := slices.Collect(s.Alive)
	slices.SortFunc(list, func(a, b *Process) int { return cmp.Compare(a.PID, b.PID) })
	if o.PID != 0 {
		list = slices.DeleteFunc(list, func(p *Process) bool {
			return p.PID != o.PID && !slices.ContainsFunc(p.Tasks, func(t *Task) bool { return t.TID == o.PID })
		})
		if len(list) == 0 {
			return fmt.Errorf("no process or thread %d lived then: the view ps without --pid lists those that did", o.PID)
		}
	}
	switch o.View {
	case "ps":
		l.ps(list)
	case "lsof":
		l.lsof(list)
	case "netstat":
		l.netstat(list)
	case "mounts":
		l.mounts(list)
	case "rings":
		l.rings(list)
	default:
		return fmt.Errorf("no view %q", o.View)
	}
	if err := l.table.Flush(); err != nil {
		return err
	}
	return out.Flush()
}

type lister struct {
	s      *State
	o      ViewOptions
	table  *tabwriter.Writer
	enc    *json.Encoder
	unsure int64
}

func (l *lister) head(columns ...string) {
	if !l.o.JSON {
		fmt.Fprintln(l.table, strings.Join(columns, "\t"))
	}
}

// shown is text that is escaped already, by quoting.
type shown string

// row writes one line; values are escaped, since all of them may be hostile.
func (l *lister) row(values ...any) {
	for i, v := range values {
		if i > 0 {
			io.WriteString(l.table, "\t")
		}
		text := fmt.Sprint(v)
		if text == "" {
			text = "-"
		}
		if _, safe := v.(shown); !safe {
			text = escape(text)
		}
		if n := utf8.RuneCountInString(text); l.o.Cell > 1 && n > l.o.Cell && i < len(values)-1 {
			text = "…" + string([]rune(text)[n-l.o.Cell+1:]) // the end of a path says more
		}
		io.WriteString(l.table, text)
	}
	io.WriteString(l.table, "\n")
}

func (l *lister) object(v any) { l.enc.Encode(v) }

func number(n uint64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

// moved is a number of bytes; - where there is none because calls that move them
// were not recorded.
func moved(n uint64, lacking bool) string {
	if lacking && n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}
