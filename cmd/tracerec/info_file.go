package main

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/derive"
	"github.com/tracerec/tracerec/format/show"
)

// columnSize is what a part of the blocks takes in a file.
type columnSize struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
}

// addHashes names the file by its content.
func (info *recordingInfo) addHashes(r *format.Reader, path string) (err error) {
	if f := r.File(); f != "" {
		path = f
	}
	if info.SHA256, err = derive.SHA256(path); err != nil {
		return err
	}
	if hash, ok := r.Hash(); ok {
		info.Hash = hex.EncodeToString(hash[:])
	}
	if key := r.SigningKey(); key != nil {
		info.SignedBy = format.KeyID(key)
	}
	return nil
}

// addColumns adds what each column takes, the largest first, and what is
// around them.
func (info *recordingInfo) addColumns(r *format.Reader) error {
	s, err := r.Sizes()
	if err != nil {
		return err
	}
	for c, n := range s.Columns {
		info.Columns = append(info.Columns, columnSize{format.Columns[c].Name, n})
	}
	slices.SortStableFunc(info.Columns, func(a, b columnSize) int { return cmp.Compare(b.Bytes, a.Bytes) })
	info.Columns = append(info.Columns,
		columnSize{"(dictionary)", s.Dictionary}, columnSize{"(metadata)", s.Metadata}, columnSize{"(header)", s.Header}, columnSize{"(index)", s.Footer})
	return nil
}

func writeSizes(out io.Writer, columns []columnSize, rows uint64) {
	var all int64
	for _, c := range columns {
		all += c.Bytes
	}
	table := make([][]string, 0, len(columns))
	for _, c := range columns {
		table = append(table, []string{
			c.Name, humanize.Comma(c.Bytes), fmt.Sprintf("%.3f", float64(c.Bytes)/float64(max(rows, 1))), fmt.Sprintf("%.1f %%", 100*float64(c.Bytes)/float64(max(all, 1))),
		})
	}
	writeColumns(out, []string{"column", ">bytes", ">per row", ">of all"}, table)
}

// clockDrift is how far the wall clock moved against the boot clock from the
// header to the last block or the end, ns; nil when nothing says.
func clockDrift(r *format.Reader) *int64 {
	last := format.Clock{}
	if n := r.BlockCount(); n > 0 {
		last = r.BlockInfo(n - 1).Clock
	}
	if t := r.Totals(); t != nil {
		last = t.Ended
	}
	first := r.Header().Clock
	if first.Realtime == 0 || last.Realtime == 0 {
		return nil
	}
	drift := last.Realtime - first.Realtime - (last.Boottime - first.Boottime)
	return &drift
}

func originText(o *format.Origin) string {
	from := make([]string, 0, len(o.From))
	for _, s := range o.From {
		text := show.Escape([]byte(s.File)) + " (" + show.Escape([]byte(s.State))
		if sum := cmp.Or(s.Hash, s.SHA256); len(sum) >= 16 {
			text += ", " + show.Escape([]byte(sum[:16])) + "…"
		}
		from = append(from, text+")")
	}
	if len(from) == 0 { // the recorder itself, of its ring
		why := make([]string, 0, len(o.Args))
		for _, a := range o.Args {
			why = append(why, show.Escape([]byte(a)))
		}
		return show.Escape([]byte(o.By)) + ": " + strings.Join(why, "; ")
	}
	return show.Escape([]byte(o.By)) + " of " + strings.Join(from, ", ")
}
