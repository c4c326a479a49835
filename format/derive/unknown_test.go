package derive

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/filter"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/format/text"
)

// unknown makes every third row one of an event that a later tracerec has, with a
// value in every column; some are said by columns that no event of ours has set together.
func unknown(b *format.Batch, i int, call uint64) {
	if call%3 != 0 {
		return
	}
	for c := range format.NumColumns {
		switch {
		case c == format.ColEvent:
			b.U16[c][i] = 7777
		case c == format.ColTime, c == format.ColDuration, c == format.ColTID, c == format.ColTGID, c == format.ColStart, c == format.ColCall, c == format.ColHost: // as they were
		case format.Columns[c].Type == format.Bytes:
			b.SetBytes(c, i, []byte{byte(c), 0, 0xFF, byte(call)})
		default:
			b.Set(c, i, uint64(c)<<3|1)
		}
	}
}

// TestUnknown: rows of events, and fields of header and totals, of a later tracerec of this
// format version go through every verb, with all that they have.
func TestUnknown(t *testing.T) {
	future := format.Unknown{"future": json.RawMessage(`{"a":[1,null]}`)}
	in := openFile(t, sampleFile(t, sample{change: unknown, header: format.Header{
		Host: "host", BootID: "boot", Machine: "x86_64", Unknown: future,
		Scope:     format.Scope{Kind: "host", Unknown: future, Only: []format.Condition{{Kind: "later", Unknown: future}}},
		Selection: &format.Selected{Expr: "all", Unknown: future},
		Manifest:  []format.Witness{{Event: "file_open", Hook: "later/file_open", Unknown: future}},
		Redacted:  &format.Redacted{Unknown: future},
	}}))
	all := dump(t, in)
	var later []string
	for _, row := range all {
		if strings.Contains(row, ",7777,") {
			later = append(later, row)
		}
	}
	if len(later) != sampleBlocks*sampleRows/3 {
		t.Fatalf("%d rows of event 7777", len(later))
	}
	dir := t.TempDir()
	carried := func(name string, out *Input, rows []string) {
		t.Helper()
		same(t, dump(t, out), rows)
		h := out.Header()
		for where, have := range map[string]format.Unknown{
			"header": h.Unknown, "scope": h.Scope.Unknown, "condition": h.Scope.Only[0].Unknown, "selection": h.Selection.Unknown,
			"manifest": h.Manifest[0].Unknown, "redacted": h.Redacted.Unknown,
		} {
			if got := string(have["future"]); got != `{"a":[1,null]}` {
				t.Errorf("%s: the unknown field of the %s is %q", name, where, got)
			}
		}
	}
	choose := func(name, expression string, rows []string) {
		t.Helper()
		f, err := filter.Parse(expression)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if _, err := Filter(in, f, &Output{Path: path}); err != nil {
			t.Fatal(err)
		}
		carried(name, good(t, path, "filter"), rows)
	}
	choose("all.trc", "true", all)
	choose("later.trc", `event == "event7777" && arg3 != 0`, later)

	path := filepath.Join(dir, "repacked.trc")
	if _, err := Repack(in, &Output{Path: path}); err != nil {
		t.Fatal(err)
	}
	carried("repack", good(t, path, "repack"), all)

	parts, err := Split(in, SplitBy{Rows: 5}, &Output{Path: filepath.Join(dir, "p.trc")})
	if err != nil {
		t.Fatal(err)
	}
	var split []string
	var inputs []*Input
	for _, p := range parts {
		part := openFile(t, p.File)
		split = append(split, dump(t, part)...)
		inputs = append(inputs, part)
	}
	same(t, split, all)
	path = filepath.Join(dir, "merged.trc")
	if _, err := Merge(inputs, &Output{Path: path}); err != nil {
		t.Fatal(err)
	}
	carried("merge", good(t, path, "merge"), all)

	// Through text, and repaired after its end was lost.
	var written, again bytes.Buffer
	if err := text.Dump(&written, in.Reader, true); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "built.trc")
	if _, err := text.Build(bytes.NewReader(written.Bytes()), func(h *format.Header, opt format.WriterOptions) (*format.Writer, error) {
		return format.Create(path, h, opt)
	}); err != nil {
		t.Fatal(err)
	}
	built := openFile(t, path)
	carried("build", built, all)
	if err := text.Dump(&again, built.Reader, true); err != nil || again.String() != written.String() {
		t.Errorf("the text of what was built differs: %v", err)
	}

	// What people and scripts read.
	o := show.For(in.Header())
	for b, err := range in.Blocks(format.ReadOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		i := slices.Index(b.U16[format.ColEvent], 7777)
		var row map[string]any
		if err := json.Unmarshal(show.RowJSON(nil, b, i, &o), &row); err != nil {
			t.Fatal(err)
		}
		if row["event"] != "event7777" || row["arg3"] != float64(format.ColArg3<<3|1) || row["d_exit"] == nil {
			t.Errorf("%v", row)
		}
		if line := string(show.Row(nil, b, i, &o)); !strings.Contains(line, "event7777 ") || !strings.Contains(line, " arg3=") || !strings.Contains(line, " path=") {
			t.Error(line)
		}
	}

	open := openFile(t, sampleFile(t, sample{change: unknown, open: true, header: *in.Header()}))
	path = filepath.Join(dir, "repaired.trc")
	if _, err := Repair(open, &Output{Path: path}); err != nil {
		t.Fatal(err)
	}
	carried("repair", good(t, path, "repair"), all)
}
