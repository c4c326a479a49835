package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/field"
	"github.com/tracerec/tracerec/format/show"
)

const hostile = "=cmd|' /C calc'!A0,\"x\"\n\x1b[31m\xff"

var (
	header  = &format.Header{Host: "lab\x1b[0m", Machine: "x86_64", Clock: format.Clock{Boottime: 1e9, Realtime: 1_700_000_000_123_456_789}}
	options = show.For(header)
)

// batch has a row of every event; row 1 is an openat with a hostile name.
func batch() *format.Batch {
	b := format.NewBatch(0)
	for e := range format.Events {
		i := b.Append()
		b.U16[format.ColEvent][i] = uint16(e)
		b.I64[format.ColTime][i] = 1e9 + int64(i)*1500
		b.U32[format.ColTGID][i], b.U32[format.ColTID][i] = 7, uint32(7+i%2)
		b.SetBytes(format.ColComm, i, []byte("co\nmm"))
	}
	b.U8[format.ColABI][1], b.I32[format.ColNR][1] = uint8(format.ABIAMD64), 257
	b.I64[format.ColRet][1], b.I64[format.ColDuration][1] = -13, 2500
	b.U16[format.ColFlags][1] = uint16(format.FlagKernel | format.FlagViewsLost)
	b.SetBytes(format.ColAEnter, 1, []byte(hostile))
	b.U64[format.ColArg0][1] = 1<<64 - 100
	return b
}

func write(t *testing.T, name string, fields ...string) []byte {
	t.Helper()
	f, err := ByName(name, "")
	if err != nil {
		t.Fatal(err)
	}
	o := &Options{Header: header, Show: &options}
	if len(fields) > 0 {
		if o.Fields, err = field.Select(fields); err != nil {
			t.Fatal(err)
		}
	}
	var buf bytes.Buffer
	w, err := f.New(&buf, o)
	if err != nil {
		t.Fatal(err)
	}
	b := batch()
	half := b.N / 2
	var rows []int
	for i := range b.N {
		rows = append(rows, i)
	}
	for _, part := range [][]int{rows[:half], nil, rows[half:]} {
		if err := w.Write(b, part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestText: what is text stays text on a terminal, whatever was recorded.
func TestText(t *testing.T) {
	control := regexp.MustCompile(`[^\n\r -~\x{80}-\x{10ffff}]`)
	visited := 0
	for i := range Formats {
		f := &Formats[i]
		if f.Binary {
			continue
		}
		visited++
		out := string(write(t, f.Name))
		if at := control.FindStringIndex(out); at != nil || strings.ToValidUTF8(out, "") != out {
			t.Errorf("%s: %q", f.Name, out)
		}
	}
	if visited != 4 {
		t.Errorf("%d formats", visited)
	}
}

func TestCSV(t *testing.T) {
	records, err := csv.NewReader(bytes.NewReader(write(t, "csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != len(format.Events)+1 {
		t.Fatalf("%d records", len(records))
	}
	got := map[string]string{}
	for i, name := range records[0] {
		got[name] = records[2][i]
	}
	for name, want := range map[string]string{
		"seq": "1", "wall": "2023-11-14T22:13:20.123458289Z", "event": "syscall", "syscall": "openat", "errno": "EACCES",
		"ret": "-13", "flags": "kernel-thread,views-lost", "arg0": "18446744073709551516", "comm": `co\nmm`, "path": "",
		"a_enter": "'" + show.Escape([]byte(hostile)),
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if len(got) != int(format.NumColumns)+6 {
		t.Errorf("%d cells", len(got))
	}
	if out := string(write(t, "csv", "syscall", "seq")); !strings.HasPrefix(out, "syscall,seq\r\n,0\r\nopenat,1\r\n") {
		t.Errorf("%q", out)
	}
}

func TestJSONL(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(string(write(t, "jsonl", "seq", "a_enter", "flags", "wall", "at", "path"))), "\n")
	if want := `{"seq":1,"a_enter":{"hex":"`; len(lines) != len(format.Events) || !strings.HasPrefix(lines[1], want) ||
		!strings.HasSuffix(lines[1], `"},"flags":["kernel-thread","views-lost"],"wall":"2023-11-14T22:13:20.123458289Z","at":0.0000015,"path":null}`) {
		t.Errorf("%q", lines[1])
	}
	for _, line := range strings.Split(strings.TrimSpace(string(write(t, "jsonl"))), "\n") {
		if !json.Valid([]byte(line)) || !strings.HasPrefix(line, `{"type":"event"`) {
			t.Errorf("%q", line)
		}
	}
}

func TestTimesketch(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(string(write(t, "timesketch"))), "\n")
	for i, line := range lines {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for _, name := range []string{"message", "datetime", "timestamp_desc"} {
			if s, ok := v[name].(string); !ok || s == "" {
				t.Errorf("row %d: %s is %v", i, name, v[name])
			}
		}
		if i == 1 && (v["datetime"] != "2023-11-14T22:13:20.123458+00:00" || v["timestamp"] != 1700000000123458.0 || v["timestamp_desc"] != "syscall entered" ||
			!strings.Contains(v["message"].(string), "openat(")) {
			t.Errorf("%v", v)
		}
	}
}

func TestChrome(t *testing.T) {
	var file struct {
		TraceEvents []struct {
			Name, Ph, Cat string
			TS, Dur       float64
			PID, TID      int
			Args          map[string]any
		}
	}
	if err := json.Unmarshal(write(t, "chrome"), &file); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, e := range file.TraceEvents {
		kinds[e.Ph]++
		if e.Ph == "X" && (e.Name != "openat" || e.TS != 1000001.5 || e.Dur != 2.5 || e.PID != 7 || e.Args["errno"] != "EACCES") {
			t.Errorf("%+v", e)
		}
	}
	if kinds["X"] != 1 || kinds["s"] != 1 || kinds["i"] != len(format.Events)-1 || kinds["M"] != 3 {
		t.Errorf("%v", kinds)
	}
}

func TestParquet(t *testing.T) {
	data := write(t, "parquet", "seq", "wall", "syscall", "errno", "ret", "arg0", "flags", "a_enter", "at")
	type row struct {
		Seq     *int64   `parquet:"seq,optional"`
		Wall    *int64   `parquet:"wall,optional,timestamp(microsecond)"`
		Syscall *string  `parquet:"syscall,optional"`
		Errno   *string  `parquet:"errno,optional"`
		Ret     *int64   `parquet:"ret,optional"`
		Arg0    *uint64  `parquet:"arg0,optional"`
		Flags   []string `parquet:"flags"`
		AEnter  *string  `parquet:"a_enter,optional"`
		At      *float64 `parquet:"at,optional"`
	}
	r := parquet.NewGenericReader[row](bytes.NewReader(data))
	rows := make([]row, len(format.Events)+1)
	n, err := r.Read(rows)
	if err != nil && err != io.EOF || n != len(format.Events) {
		t.Fatalf("%d rows, %v", n, err)
	}
	got := rows[1]
	if *got.Seq != 1 || *got.Wall != 1_700_000_000_123_458 || *got.Syscall != "openat" || *got.Errno != "EACCES" || *got.Ret != -13 || *got.Arg0 != 1<<64-100 ||
		strings.Join(got.Flags, "+") != "kernel-thread+views-lost" || *got.AEnter != show.Escape([]byte(hostile)) || *got.At != 1.5e-6 {
		t.Errorf("%+v", got)
	}
	if rows[2].Errno != nil || rows[2].AEnter != nil || len(rows[2].Flags) != 0 {
		t.Errorf("%+v", rows[2])
	}
	var names []string
	for _, c := range r.Schema().Columns() {
		names = append(names, c[0])
	}
	if strings.Join(names, " ") != "seq wall syscall errno ret arg0 flags a_enter at" {
		t.Error(names)
	}
	if whole := write(t, "parquet"); !bytes.HasPrefix(whole, []byte("PAR1")) {
		t.Error("no Parquet file")
	}
}

func TestByName(t *testing.T) {
	for path, want := range map[string]string{"x.PARQUET": "parquet", "a/b.csv": "csv", "x.ndjson": "jsonl", "t.json": "chrome"} {
		if f, err := ByName("", path); err != nil || f.Name != want {
			t.Errorf("%s: %v, %v", path, f, err)
		}
	}
	for _, bad := range [][2]string{{"", "-"}, {"", "x.txt"}, {"xml", "x.csv"}} {
		if _, err := ByName(bad[0], bad[1]); err == nil || !strings.Contains(err.Error(), "timesketch") {
			t.Errorf("%v: %v", bad, err)
		}
	}
}
