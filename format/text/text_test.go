package text

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tracerec/tracerec/format"
)

func dumpFile(t interface{ Fatal(...any) }, file []byte, comments bool) string {
	r, err := format.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := Dump(&text, r, comments); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func build(text string) ([]byte, error) {
	var file bytes.Buffer
	_, err := Build(strings.NewReader(text), func(h *format.Header, opt format.WriterOptions) (*format.Writer, error) {
		return format.NewWriter(&file, h, opt)
	})
	return file.Bytes(), err
}

// TestRoundTrip: dump, build and dump give the same text, and build the same
// file, whatever is in it.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var file bytes.Buffer
		h := &format.Header{Host: rapid.String().Draw(t, "host"), Args: []string{"a\nb"}, Machine: "x86_64"}
		w, err := format.NewWriter(&file, h, format.WriterOptions{ID: [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))})
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 3).Draw(t, "blocks") {
			b := format.NewBatch(0)
			for range rapid.IntRange(1, 5).Draw(t, "rows") {
				i := b.Append()
				for c := range format.NumColumns {
					switch n := rapid.IntRange(0, 3).Draw(t, "kind"); {
					case n == 0:
					case format.Columns[c].Type == format.Bytes:
						b.SetBytes(c, i, rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "bytes"))
					case c == format.ColEvent:
						b.Set(c, i, uint64(rapid.IntRange(0, 99).Draw(t, "event")))
					default:
						b.Set(c, i, rapid.Uint64().Draw(t, "value"))
					}
				}
			}
			if err := w.Write(b, format.Clock{Boottime: rapid.Int64().Draw(t, "boot"), Realtime: 5}); err != nil {
				t.Fatal(err)
			}
		}
		if rapid.Bool().Draw(t, "sealed") {
			if err := w.Close(&format.Totals{Reason: "a\x1bb", Seen: 9}); err != nil {
				t.Fatal(err)
			}
		} else {
			w.Abort()
		}
		comments := rapid.Bool().Draw(t, "comments")
		text := dumpFile(t, file.Bytes(), comments)
		again, err := build(text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if got := dumpFile(t, again, comments); got != text {
			t.Fatalf("\n%s\nbecame\n%s", text, got)
		}
		for _, c := range text {
			if c != '\n' && c != '\t' && (c < ' ' || c == 0x7f) {
				t.Fatalf("%q in the text", c)
			}
		}
	})
}

// TestCaptures: real recordings, too.
func TestCaptures(t *testing.T) {
	files, _ := filepath.Glob("../../testdata/traces/*.trc")
	if len(files) == 0 {
		t.Fatal("no captures")
	}
	for _, path := range files[:1] {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := dumpFile(t, file, true)
		again, err := build(text)
		if err != nil {
			t.Fatal(err)
		}
		text = strings.Replace(text, `{"version":1,`, fmt.Sprintf(`{"version":%d,`, format.Version), 1) // the version that is written
		if dumpFile(t, again, true) != text {
			t.Error("the text of what was built differs")
		}
	}
}

const start = magic + "\nid 00112233445566778899aabbccddeeff\nheader {}\n"

func TestBuild(t *testing.T) {
	file, err := build(start + "block boottime=1 realtime=2\nsyscall time=5 comm=\"a\\\"b\\n\" ret=-3\nevent7777\t# unknown\ntotals {\"rows\":2}\n")
	if err != nil {
		t.Fatal(err)
	}
	r, err := format.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.ReadBlock(0, nil, nil)
	if err != nil || b.N != 2 || string(b.Value(format.ColComm, 0)) != "a\"b\n" || b.Int(format.ColRet, 0) != -3 || b.Int(format.ColEvent, 1) != 7777 {
		t.Errorf("%+v, %v", b, err)
	}
	if state, _ := r.State(); state != format.Sealed {
		t.Error(state)
	}
}

func TestBad(t *testing.T) {
	block := start + "block boottime=1 realtime=2\n"
	visited := 0
	for text, says := range map[string]string{
		"":                                   "line 1: the text ends before the header",
		"hello\n":                            "line 1: \"hello\" where",
		magic + "\nid 12\n":                  "line 2: \"id\"",
		strings.Replace(start, "{}", "x", 1): "line 3: header: ",
		strings.Replace(start, "{}", `{"boot_id":7}`, 1):              "line 3: header: boot_id: a number where a string should stand",
		strings.Replace(start, "{}", `{"clock":{"boottime":"x"}}`, 1): "line 3: header: clock.boottime: a string where a whole number of 64 bits should stand",
		strings.Replace(start, "{}", `{"args":`, 1):                   "line 3: header: the JSON ends too early",
		block + "syscall time=1\ntotals {\"rows\":-1}\n":              "line 6: totals: rows: number -1 where a number from 0 of 64 bits should stand",
		block + "syscall time=1\ntotals [\n":                          "line 6: totals: ",
		strings.Replace(start, "{}", `{"version":99}`, 1):             "format version 99 is newer",
		start + "syscall time=1\n":                                    "line 4: a row stands before",
		start + "block boottime=1\n":                                  "line 4: \"block boottime=N",
		block + "block boottime=1 realtime=2\n":                       "line 5: the block before has no rows",
		block + "nonsense\n":                                          "line 5: no event \"nonsense\"",
		block + "event077\n":                                          "no event \"event077\"",
		block + "syscall time\n":                                      "is no name=value",
		block + "syscall tim=1\n":                                     "no column \"tim\"",
		block + "syscall time=1 time=2\n":                             "time stands here twice",
		block + "syscall event=1\n":                                   "event stands here twice",
		block + "syscall time=x\n":                                    "time: \"x\" is no whole number of 64 bits",
		block + "syscall tid=4294967296\n":                            "tid: \"4294967296\" is no number from 0 of 32 bits",
		block + "syscall tid=-1\n":                                    "is no number from 0",
		block + "syscall comm=a\n":                                    "comm: a string in double quotes",
		block + "syscall comm=\"a\n":                                  "comm: a string in double quotes",
		block + "syscall comm=\"\\q\"\n":                              "comm: the string has an escape",
		block + "syscall comm=\"a\"x\n":                               "should begin with a space",
		block + "syscall time=1\ntotals {\"rows\":2}\n":               "count 2 rows, the text has 1",
		block + "syscall time=1\ntotals {\"rows\":1}\nx\n":            "line 7: nothing may follow",
		block + "syscall comm=\"" + strings.Repeat("a", maxLine):      "line 5: longer than",
	} {
		visited++
		if _, err := build(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.80q: %v, want %q", text, err, says)
		}
	}
	if visited != 29 {
		t.Error(visited)
	}
}

// TestUnknownFields: what a later tracerec says in header and totals is carried along.
func TestUnknownFields(t *testing.T) {
	text := strings.Replace(start, "{}", `{"colour":[1,{"b":null,"a":2.50}],"host":"h","hosts":[{"shape":"\u2028"}]}`, 1) + "block boottime=1 realtime=2\nsyscall time=1\ntotals {\"rows\":1,\"Rows2\":{}}\n"
	file, err := build(text)
	if err != nil {
		t.Fatal(err)
	}
	got := dumpFile(t, file, false)
	for _, part := range []string{`,"colour":[1,{"b":null,"a":2.50}]}`, `"shape":"\u2028"`, `"Rows2":{}}`, `header {"version":2,`} {
		if !strings.Contains(got, part) {
			t.Errorf("no %s in\n%s", part, got)
		}
	}
	again, err := build(got)
	if err != nil || dumpFile(t, again, false) != got {
		t.Errorf("%v", err)
	}
}

// FuzzBuild: any text is an error, or a file whose dump builds the same.
func FuzzBuild(f *testing.F) {
	f.Add(start)
	f.Add(start + "block boottime=1 realtime=2\nsyscall time=5 comm=\"a\\\"b\\n\" ret=-3 path=\"\"\nevent7777\t# unknown\ntotals {\"rows\":2}\n")
	f.Add(start + "block boottime=-1 realtime=2\nlost arg2=18446744073709551615\nblock boottime=3 realtime=4\nfork flags=65535\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := build(text)
		if err != nil {
			return
		}
		canonical := dumpFile(t, file, false)
		again, err := build(canonical)
		if err != nil {
			t.Fatalf("%v in\n%s", err, canonical)
		}
		if dumpFile(t, again, false) != canonical {
			t.Fatalf("%q", canonical)
		}
	})
}
