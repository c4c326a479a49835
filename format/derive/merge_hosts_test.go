package derive

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/verify"
)

const wall = 1_700_000_000_000_000_000

// TestMergeHosts: the same pids and times on two hosts stay apart; each host's
// view has its rows, its header and its totals and nothing else, also after a
// second merge and a repack; blocks are in order of wall time.
func TestMergeHosts(t *testing.T) {
	host := func(name string, boottime, realtime int64, id byte) *Input {
		return openFile(t, sampleFile(t, sample{id: id, time: boottime, header: format.Header{
			Host: name, BootID: "boot of " + name, Machine: "x86_64", Kernel: "kernel of " + name,
			Clock: format.Clock{Boottime: boottime, Realtime: realtime}, Manifest: []format.Witness{{Event: "e", Hook: name}},
		}, change: func(b *format.Batch, i int, call uint64) { b.SetBytes(format.ColComm, i, []byte(name)) }}))
	}
	// The second began before the first by wall time, and later after its boot.
	a, b, c := host("web", 1e9, wall+5e9, 1), host("db", 7e9, wall, 2), host("mail", 1e9, wall+9e9, 3)
	dir := t.TempDir()
	first := filepath.Join(dir, "m.trc")
	rows, err := Merge([]*Input{a, b}, &Output{Path: first})
	if err != nil || rows != 2*sampleBlocks*sampleRows {
		t.Fatal(rows, err)
	}
	m := good(t, first, "merge")
	if h := m.Header(); h.Host != "" || len(h.Hosts) != 2 || h.Hosts[1].Kernel != "kernel of db" || h.Hosts[1].Manifest[0].Hook != "db" {
		t.Errorf("%+v", h)
	}
	second, third := filepath.Join(dir, "again.trc"), filepath.Join(dir, "packed.trc")
	if _, err := Merge([]*Input{c, m}, &Output{Path: second}); err != nil {
		t.Fatal(err)
	}
	if _, err := Repack(openFile(t, second), &Output{Path: third}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]*Input{first: {a, b}, second: {c, a, b}, third: {c, a, b}} {
		m := openFile(t, path)
		if report, err := verify.File(m.Reader, path, nil); err != nil || !report.Good() {
			t.Errorf("%s: %v %+v", path, err, report)
		}
		for n, in := range want {
			v, err := m.Host(n)
			if err != nil {
				t.Fatal(err)
			}
			same(t, dump(t, &Input{v, path}), dump(t, in))
			h, old := v.Header(), in.Header()
			if h.Host != old.Host || h.Clock != old.Clock || h.BootID != old.BootID || len(h.Hosts) != 0 || v.Totals().Rows != in.Rows() || v.Totals().Reason != "command ended" {
				t.Errorf("%s, host %d: %+v %+v", path, n, h, v.Totals())
			}
			for _, name := range []string{old.Host, old.BootID} {
				named := openFile(t, path+"@"+name)
				if named.Header().Host != old.Host || named.File() != path || named.Rows() != in.Rows() {
					t.Errorf("%s: %+v", name, named.Header())
				}
			}
		}
		for name, says := range map[string]string{"@3": "no host", "@nobody": `no host "nobody"`, "@-1": "no host"} {
			if _, err := Open(path + name); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "FILE@HOST") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := Split(m, SplitBy{Rows: 1}, &Output{Path: filepath.Join(dir, "s.trc")}); err == nil || !strings.Contains(err.Error(), "FILE@HOST") {
			t.Errorf("%v", err)
		}
	}
	// db's block comes first: it is the older by wall time.
	batch, err := m.ReadBlock(0, nil, nil)
	if err != nil || string(batch.Value(format.ColComm, 0)) != "db" || batch.U16[format.ColHost][0] != 1 {
		t.Errorf("%v", err)
	}
	// One host's part, split and merged, is a recording of that host alone.
	v := openFile(t, first+"@db")
	parts, err := Split(v, SplitBy{Rows: 10}, &Output{Path: filepath.Join(dir, "p.trc")})
	if err != nil || len(parts) != 4 {
		t.Fatal(parts, err)
	}
	if part := good(t, parts[1].File, "split"); part.Several() || part.Header().Host != "db" {
		t.Errorf("%+v", part.Header())
	}
	if _, err := Open(first + "x@db"); err == nil || !strings.Contains(err.Error(), "x@db") {
		t.Errorf("%v", err)
	}
	noClock := openFile(t, sampleFile(t, sample{id: 9, header: format.Header{Host: "new", BootID: "x", Clock: format.Clock{Boottime: 1}}}))
	if _, err := Merge([]*Input{a, noClock}, &Output{Path: filepath.Join(dir, "n.trc")}); err == nil || !strings.Contains(err.Error(), "wall time") {
		t.Errorf("%v", err)
	}
}

// TestHostOfBlock: a block is of one host that the header has; anything else is damage.
func TestHostOfBlock(t *testing.T) {
	for says, hosts := range map[string][2]uint16{"rows of hosts 1 and 0": {0, 1}, "is of host 7": {7, 7}} {
		path := sampleFile(t, sample{header: format.Header{Host: "x", Hosts: []*format.Header{{Host: "a"}, {Host: "b"}}}, change: func(b *format.Batch, i int, call uint64) {
			b.U16[format.ColHost][i] = hosts[call%2]
		}})
		in := openFile(t, path)
		if _, err := in.Host(0); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v", err)
		}
		report, err := verify.File(in.Reader, path, nil)
		if err != nil || report.Good() || !strings.Contains(report.Problems[0].What, says) {
			t.Errorf("%v %+v", err, report)
		}
	}
}

// TestMergeRuns: two runs of one boot may have the same threads when they were
// not at the same time; between them stands that nothing was recorded.
func TestMergeRuns(t *testing.T) {
	a := openFile(t, sampleFile(t, sample{}))
	b := openFile(t, sampleFile(t, sample{id: 1, time: 5e9}))
	path := filepath.Join(t.TempDir(), "m.trc")
	rows, err := Merge([]*Input{b, a}, &Output{Path: path})
	if err != nil || rows != 2*sampleBlocks*sampleRows+1 {
		t.Fatal(rows, err)
	}
	m := good(t, path, "merge")
	if report, err := verify.File(m.Reader, path, nil); err != nil || !report.Good() {
		t.Errorf("%v %+v", err, report)
	}
	got := dump(t, m)
	same(t, got[:sampleBlocks*sampleRows], dump(t, a))
	same(t, got[sampleBlocks*sampleRows+1:], dump(t, b))
	all, err := m.ReadBlock(0, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	i := sampleBlocks * sampleRows
	since, until := all.U64[format.ColArg5][i], all.I64[format.ColTime][i]
	if format.EventID(all.U16[format.ColEvent][i]) != format.EventLost || format.Class(all.U64[format.ColArg1][i]) != format.ClassUnrecorded || since < 1e9 || since > 2e9 || until != 5e9 {
		t.Errorf("since %d until %d", since, until)
	}
}
