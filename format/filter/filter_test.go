package filter

import (
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/field"
	"github.com/tracerec/tracerec/format/show"
)

// rows are an openat that failed, one that did not, an exec, and a connect.
func rows() *format.Batch {
	b := format.NewBatch(0)
	for range 4 {
		i := b.Append()
		b.U16[format.ColEvent][i] = uint16(format.EventSyscall)
		b.I64[format.ColTime][i] = int64(1e9 + i*1e6)
		b.U8[format.ColABI][i] = uint8(format.ABIAMD64)
		b.U32[format.ColTGID][i] = uint32(10 + i)
		b.SetBytes(format.ColComm, i, []byte("cat"))
		b.I32[format.ColNR][i] = 257
	}
	b.I64[format.ColRet][0] = -2
	b.U64[format.ColArg0][0] = ^uint64(99) // AT_FDCWD
	b.SetBytes(format.ColAEnter, 0, []byte("/etc/shadow"))
	b.U16[format.ColFlags][0] = uint16(format.FlagNoExit)
	b.SetBytes(format.ColPath, 1, []byte("/etc/passwd"))
	b.I64[format.ColRet][1], b.I64[format.ColDuration][1] = 3, 5_000_000
	b.U8[format.ColARungs][1] = uint8(format.RungPutname)
	b.U8[format.ColAKernelStatus][1] = uint8(format.ViewSame)
	b.U16[format.ColEvent][2], b.U8[format.ColABI][2] = uint16(format.EventExec), 0
	b.SetBytes(format.ColAKernel, 2, []byte("/bin/rm"))
	b.SetBytes(format.ColBKernel, 2, []byte("rm\x00-rf\x00/\x00"))
	b.I32[format.ColNR][3] = 42
	b.SetBytes(format.ColAEnter, 3, []byte{2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0})
	return b
}

var options = show.For(&format.Header{Machine: "x86_64", Clock: format.Clock{Boottime: 1e9, Realtime: 1_700_000_000e9}})

func TestMatch(t *testing.T) {
	b := rows()
	for text, want := range map[string]string{
		`true`:                "0123",
		`syscall == "openat"`: "01",
		`syscall == "openat" && path startsWith "/etc"`: "1",
		`errno == "ENOENT"`:                             "0",
		`ret < 0`:                                       "0",
		`arg0 == -100`:                                  "0",
		`"no-exit" in flags`:                            "0",
		`event == "exec" && "-rf" in argv`:              "2",
		`any(argv, # startsWith "-r")`:                  "2",
		`filename == "/bin/rm"`:                         "2",
		`pid in [11, 12]`:                               "12",
		`pid in 11..12`:                                 "12",
		`a_kernel_status == "same"`:                     "1",
		`"putname" in a_rungs`:                          "1",
		`a_enter contains "127.0.0.1"`:                  "3",
		`duration > 1000000`:                            "1",
		`at >= 0.002`:                                   "23",
		`wall.Year() == 2023 && at == 0`:                "0",
		`comm matches "^c.t$"`:                          "0123",
		`seq == 2`:                                      "2",
		`path == ""`:                                    "023",
	} {
		f, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := ""
		// Only the columns that it asks for.
		narrow := *b
		keep := map[format.ColumnID]bool{}
		for _, c := range f.Columns() {
			keep[c] = true
		}
		for c := range format.NumColumns {
			if !keep[c] {
				narrow.U8[c], narrow.U16[c], narrow.U32[c], narrow.U64[c], narrow.I32[c], narrow.I64[c] = nil, nil, nil, nil, nil, nil
			}
		}
		chosen, err := f.Rows(nil, &narrow, &options)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		for _, i := range chosen {
			got += string(rune('0' + i))
		}
		if got != want {
			t.Errorf("%s: rows %q, want %q", text, got, want)
		}
	}
}

func TestBad(t *testing.T) {
	for text, says := range map[string]string{
		``:                             "unexpected token EOF",
		`syscal == "openat"`:           "unknown name syscal (1:1) (did you mean syscall",
		`a_kernal != ""`:               "(did you mean a_kernel",
		`undr(path, "/etc")`:           "(did you mean under",
		`zzzzzzz == 1`:                 "unknown name zzzzzzz (1:1): docs/filters.md",
		`syscall == "opnat"`:           `syscall is never "opnat" (did you mean openat`,
		`"exce" != event`:              `event is never "exce" (did you mean exec`,
		`errno in ["EACCES", "EPREM"]`: `errno is never "EPREM" (did you mean EPERM`,
		`"putnam" in a_rungs`:          `a_rungs is never "putnam" (did you mean putname`,
		`"noexit" in flags`:            `flags is never "noexit" (did you mean no-exit`,
		`pid > 1 and not (a_kernel_status == "smae")`: `(did you mean same`,
		`abi == "amd64"`:         `abi is never "amd64"`,
		`pid == "x"`:             "invalid operation",
		`pid`:                    "expected bool",
		`path startsWith`:        "unexpected token EOF",
		`comm matches "("`:       "missing closing",
		strings.Repeat("(", 1e5): "at most",
	} {
		if f, err := Parse(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: %v, %v", text, f, err)
		}
	}
	// What has no name in this tracerec, and text that is no name.
	for _, text := range []string{`event == "event7777"`, `syscall == "syscall_999"`, `errno == "errno_600"`, `a_kernel_status == "77"`, `syscall == ""`, `comm == "opnat"`, `path in ["exce"]`, `syscall startsWith "open"`, `"0x4000" in flags`} {
		if _, err := Parse(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	f, err := Parse(`1 / pid > 0 || comm[pid] == "x"`)
	if err == nil {
		b := rows()
		if _, err := f.Rows(nil, b, &options); err == nil || !strings.HasPrefix(err.Error(), "filter, in row 0: ") {
			t.Errorf("%v", err)
		}
	}
}

// TestFields: every field can be compared, and gives a value of its type or
// none for rows of every event.
func TestFields(t *testing.T) {
	b := format.NewBatch(0)
	for e := range format.Events {
		i := b.Append()
		for c := range format.Columns {
			if format.Columns[c].Type == format.Bytes {
				b.SetBytes(format.ColumnID(c), i, []byte("x\x00y\xff"))
			} else {
				b.Set(format.ColumnID(c), i, 1)
			}
		}
		b.U16[format.ColEvent][i] = uint16(e)
	}
	visited, values := 0, 0
	for _, f := range field.All() {
		visited++
		literal := map[field.Type]string{field.Int: "0", field.Uint: "0", field.Float: "0", field.Text: `""`, field.List: "[]", field.Time: `date("2026-01-01")`}[f.Type]
		p, err := Parse(f.Name + " != " + literal)
		if err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		if f.Doc == "" {
			t.Errorf("field %s has no doc", f.Name)
		}
		for i := range b.N {
			row := field.Row{B: b, I: i, O: &options}
			if f.Value(&row) != nil {
				values++
			}
			if _, err := p.Match(b, i, &options); err != nil {
				t.Errorf("%s of row %d: %v", f.Name, i, err)
			}
		}
	}
	if visited < int(format.NumColumns)+5 || values < visited {
		t.Errorf("%d fields, %d values", visited, values)
	}
}
