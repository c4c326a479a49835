package picture

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"iter"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
)

const drill = "../../testdata/traces/drill.trc"

// source reads a file as the command does.
func source(t *testing.T, path string) replay.Source {
	t.Helper()
	r, err := format.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return replay.Source{
		Header: r.Header(), Totals: r.Totals(),
		Blocks: func(columns []format.ColumnID, from, to int64) iter.Seq2[*format.Batch, error] {
			opt := format.ReadOptions{Columns: columns, From: from}
			if to != math.MaxInt64 {
				opt.To = to + 1
			}
			return r.Blocks(opt)
		},
	}
}

func draw(t *testing.T, src replay.Source, o Options) (string, Summary) {
	t.Helper()
	var page bytes.Buffer
	sum, err := Write(&page, src, o)
	if err != nil {
		t.Fatal(err)
	}
	return page.String(), sum
}

// element is what a script element of the page holds.
func element(t *testing.T, page, id string) string {
	t.Helper()
	m := regexp.MustCompile(`(?s)<script type="[^"]*" id="` + id + `">(.*?)</script>`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("the page has no element %s", id)
	}
	return m[1]
}

func unpack(t *testing.T, page, id string) []byte {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(element(t, page, "data-"+id))
	if err != nil {
		t.Fatal(err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func pageMeta(t *testing.T, page string) (m meta) {
	t.Helper()
	if err := json.Unmarshal([]byte(element(t, page, "meta")), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// Every row of the recording is in the page, at its time, in its lane, with
// the text that replay prints.
func TestPageHoldsEveryRow(t *testing.T) {
	src := source(t, drill)
	o := Options{Show: show.For(src.Header), Title: "drill.trc"}
	page, sum := draw(t, src, o)
	m := pageMeta(t, page)
	times, sizes, lanes, texts, seqs := unpack(t, page, "times"), unpack(t, page, "sizes"), unpack(t, page, "lanes"), unpack(t, page, "texts"), unpack(t, page, "seqs")

	type want struct {
		time int64
		pid  uint32
		text string
	}
	rows := map[uint64]want{}
	for b, err := range src.Blocks(nil, math.MinInt64, math.MaxInt64) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			rows[b.Seq+uint64(i)] = want{b.I64[format.ColTime][i], b.U32[format.ColTGID][i], string(show.Event(nil, b, i, &o.Show))}
		}
	}
	if sum.Rows != uint64(len(rows)) || sum.Shown != sum.Rows || m.Shown != len(rows) {
		t.Fatalf("%d rows: summary %+v, page says %d", len(rows), sum, m.Shown)
	}
	first, _ := replay.Fold(src)
	begin, _ := first.Span()
	begin = min(begin, src.Header.Clock.Boottime)
	at, seq := begin, int64(0)
	for range m.Shown {
		dt, n := binary.Varint(times)
		times = times[n:]
		ds, n := binary.Varint(seqs)
		seqs = seqs[n:]
		size, n := binary.Uvarint(sizes)
		sizes = sizes[n:]
		l, n := binary.Uvarint(lanes)
		lanes = lanes[n:]
		if dt < 0 {
			t.Fatalf("row %d stands before the one in front of it", seq)
		}
		at, seq = at+dt, seq+ds
		row, ok := rows[uint64(seq)]
		if !ok {
			t.Fatalf("row %d is twice in the page or not in the file", seq)
		}
		delete(rows, uint64(seq))
		if row.time != at || string(texts[:size]) != row.text {
			t.Fatalf("row %d: at %d %q, want at %d %q", seq, at, texts[:size], row.time, row.text)
		}
		texts = texts[size:]
		if row.pid != 0 && (l >= uint64(len(m.Lanes)) || m.Lanes[l].PID != row.pid) {
			t.Fatalf("row %d of process %d is in lane %d", seq, row.pid, l)
		}
	}
	if len(rows) > 0 {
		t.Fatalf("%d rows are not in the page", len(rows))
	}
}

// Nothing of a page comes from elsewhere, and nothing but its own script runs.
func TestPageIsSelfContained(t *testing.T) {
	src := source(t, drill)
	page, _ := draw(t, src, Options{Show: show.For(src.Header), Title: "drill.trc"})
	for _, bad := range []string{"http://", "https://", "src=", "@import", "url("} {
		if strings.Contains(page[:strings.Index(page, `id="meta"`)], bad) || strings.Contains(pageJS, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	if policy == nil || !strings.Contains(policy[1], "default-src 'none'") || strings.Contains(policy[1], "unsafe") {
		t.Fatalf("the page's policy is %q", policy)
	}
	text := regexp.MustCompile(`(?s)<script>(.*)</script>\n</body>`).FindStringSubmatch(page)
	escaped := strings.ReplaceAll(hash(text[1]), "+", "&#43;")
	if !strings.Contains(policy[1], escaped) {
		t.Errorf("the policy %q does not name the script, %s", policy[1], escaped)
	}
}

// When there are too many rows, those that say least are left out, and are counted.
func TestTooManyRows(t *testing.T) {
	src := source(t, drill)
	marks := []Mark{{ID: "x", Seq: 1234, Severity: "high", Title: "a finding"}}
	page, sum := draw(t, src, Options{Show: show.For(src.Header), Rows: 1000, Marks: marks})
	m := pageMeta(t, page)
	var left uint64
	for _, n := range m.Left {
		left += n
	}
	if sum.Shown+left != sum.Rows || sum.Shown > 1001 || sum.Shown < 900 {
		t.Errorf("%d shown and %d left out of %d", sum.Shown, left, sum.Rows)
	}
	if m.Left["exec"]+m.Left["life"] > 0 || m.Left["file"] == 0 {
		t.Errorf("left out: %v", m.Left)
	}
	if m.Marks[0].Row < 0 {
		t.Error("the row of the finding is not drawn")
	}
	var counted uint64
	for _, n := range m.Rates {
		counted += n
	}
	if counted != sum.Rows {
		t.Errorf("the strip of rates counts %d of %d rows", counted, sum.Rows)
	}
}

// What a program calls itself is text, whatever it is.
func TestHostileNames(t *testing.T) {
	const evil = "</script><b\x1b[31m"
	b := format.NewBatch(4)
	for i := range 3 {
		b.Append()
		b.Set(format.ColEvent, i, uint64(format.EventTask))
		b.Set(format.ColTime, i, uint64(100+i))
		b.Set(format.ColTID, i, 7)
		b.Set(format.ColTGID, i, 7)
		b.Set(format.ColStart, i, 50)
		b.SetBytes(format.ColComm, i, []byte(evil))
		b.SetBytes(format.ColPath, i, []byte("/tmp/"+evil))
		b.SetBytes(format.ColBKernel, i, []byte(evil+"\x00"+evil+"\x00"))
	}
	src := replay.Source{
		Header: &format.Header{Host: evil, Kernel: evil, Command: []string{evil}},
		Blocks: func([]format.ColumnID, int64, int64) iter.Seq2[*format.Batch, error] {
			return func(yield func(*format.Batch, error) bool) { yield(b, nil) }
		},
	}
	page, _ := draw(t, src, Options{Show: show.For(src.Header), Title: show.Escape([]byte(evil)), Marks: []Mark{{ID: "1", Severity: "high", Title: show.Escape([]byte(evil)), Views: [][2]string{{"enter", show.Escape([]byte(evil))}}}}})
	if strings.Contains(page, "<b") && !strings.Contains(page, "<body>") || strings.Contains(strings.Replace(page, "<body>", "", 1), "<b\\") || strings.Contains(page, "\x1b") {
		t.Error("hostile text is markup in the page")
	}
	if n, want := strings.Count(page, "</script>"), strings.Count(page, "<script"); n != want {
		t.Errorf("%d script elements end %d times", want, n)
	}
	if m := pageMeta(t, page); len(m.Lanes) != 1 || !strings.Contains(m.Lanes[0].Name, "</script>") {
		t.Errorf("the lane's name is not what the process called itself: %+v", m.Lanes)
	}
}
