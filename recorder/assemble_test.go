//go:build linux

package recorder

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tracerec/tracerec/format"
)

const (
	ok        = format.ViewOK
	same      = format.ViewSame
	none      = format.ViewNone
	elsewhere = format.ViewElsewhere
	putname   = format.RungPutname
	lsm       = format.RungLSM
)

func kernelView(t testing.TB, n, slot int, rung format.Rung, value string) []byte {
	return wireRecord(t, format.EventView, call(n).with(fields{"slot": slot, "view": format.ViewKernel, "rung": rung, "status": ok, "value": value}))
}

func view(t testing.TB, n, slot int, side format.View, status format.ViewStatus, value string) []byte {
	return wireRecord(t, format.EventView, call(n).with(fields{"slot": slot, "view": side, "status": status, "value": value}))
}

func openRecord(t testing.TB, n int, more fields) []byte {
	return wireRecord(t, format.EventSyscall, openat(n).with(more))
}

// Every way in which the kernel side can write one call down, and the row that
// must come of it.
func TestViewsJoinTheirCall(t *testing.T) {
	long := strings.Repeat("l", 600)
	for _, c := range []struct {
		name    string
		records func(t *testing.T) [][]byte
		want    slotOfRow
		slot    int
		events  []format.EventID // rows, when not the call alone
		flags   format.RowFlags
	}{
		{"all views equal", func(t *testing.T) [][]byte {
			return [][]byte{openRecord(t, 1, fields{"a_enter": "/a", "a_enter_status": ok, "a_kernel_status": same, "a_rungs": putname, "a_exit_status": same})}
		}, slotOfRow{"/a", "", "", ok, same, same, putname}, 0, nil, 0},
		{"the kernel used another name", func(t *testing.T) [][]byte {
			return [][]byte{kernelView(t, 1, 0, putname, "/b"), openRecord(t, 1, fields{"a_enter": "/a", "a_enter_status": ok, "a_kernel_status": elsewhere, "a_exit_status": same})}
		}, slotOfRow{"/a", "/b", "", ok, ok, same, putname}, 0, nil, 0},
		{"two witnesses of one other name", func(t *testing.T) [][]byte {
			return [][]byte{kernelView(t, 1, 0, lsm, "/b"), kernelView(t, 1, 0, putname, "/b"), openRecord(t, 1, fields{"a_enter": "/a", "a_enter_status": ok, "a_kernel_status": elsewhere, "a_exit_status": same})}
		}, slotOfRow{"/a", "/b", "", ok, ok, same, lsm | putname}, 0, nil, 0},
		{"two copies that differ", func(t *testing.T) [][]byte {
			return [][]byte{kernelView(t, 1, 0, lsm, "/b"), kernelView(t, 1, 0, putname, "/c"), openRecord(t, 1, fields{"a_enter": "/a", "a_enter_status": ok, "a_kernel_status": elsewhere})}
		}, slotOfRow{"/a", "/b", "", ok, ok, none, lsm}, 0, []format.EventID{format.EventView, format.EventSyscall}, 0},
		{"the first copy as at enter, the second not", func(t *testing.T) [][]byte {
			return [][]byte{kernelView(t, 1, 0, putname, "/c"), openRecord(t, 1, fields{"a_enter": "/a", "a_enter_status": ok, "a_kernel_status": same, "a_rungs": lsm})}
		}, slotOfRow{"/a", "", "", ok, same, none, lsm}, 0, []format.EventID{format.EventView, format.EventSyscall}, 0},
		{"the first copy another, a later one as at enter", func(t *testing.T) [][]byte {
			return [][]byte{kernelView(t, 1, 0, putname, "/b"), openRecord(t, 1, fields{"a_enter": "/a", "a_enter_status": ok, "a_kernel_status": elsewhere, "a_rungs": lsm})}
		}, slotOfRow{"/a", "/b", "", ok, ok, none, putname}, 0, []format.EventID{format.EventView, format.EventSyscall}, 0},
		{"a long name, equal throughout", func(t *testing.T) [][]byte {
			return [][]byte{
				view(t, 1, 0, format.ViewEnter, ok, long), kernelView(t, 1, 0, putname, long), view(t, 1, 0, format.ViewExit, ok, long),
				openRecord(t, 1, fields{"a_enter_status": elsewhere, "a_kernel_status": elsewhere, "a_exit_status": elsewhere}),
			}
		}, slotOfRow{long, "", "", ok, same, same, putname}, 0, nil, 0},
		{"a long name that changed", func(t *testing.T) [][]byte {
			return [][]byte{
				view(t, 1, 0, format.ViewEnter, ok, long), kernelView(t, 1, 0, putname, long+"x"), view(t, 1, 0, format.ViewExit, ok, "short"),
				openRecord(t, 1, fields{"a_enter_status": elsewhere, "a_kernel_status": elsewhere, "a_exit_status": elsewhere}),
			}
		}, slotOfRow{long, long + "x", "short", ok, ok, ok, putname}, 0, nil, 0},
		{"only a prefix was kept, and it is equal", func(t *testing.T) [][]byte {
			return [][]byte{
				view(t, 1, 0, format.ViewEnter, format.ViewTruncated, long), kernelView(t, 1, 0, putname, long),
				openRecord(t, 1, fields{"a_enter_status": elsewhere, "a_kernel_status": elsewhere, "a_exit_status": format.ViewUnreadable}),
			}
		}, slotOfRow{long, long, "", format.ViewTruncated, ok, format.ViewUnreadable, putname}, 0, nil, 0},
		{"unreadable at enter", func(t *testing.T) [][]byte {
			return [][]byte{kernelView(t, 1, 0, putname, "/b"), openRecord(t, 1, fields{"a_enter_status": format.ViewUnreadable, "a_kernel_status": elsewhere})}
		}, slotOfRow{"", "/b", "", format.ViewUnreadable, ok, none, putname}, 0, nil, 0},
		{"an empty name", func(t *testing.T) [][]byte {
			return [][]byte{kernelView(t, 1, 0, putname, ""), openRecord(t, 1, fields{"a_enter": "x", "a_enter_status": ok, "a_kernel_status": elsewhere})}
		}, slotOfRow{"x", "", "", ok, ok, none, putname}, 0, nil, 0},
		{"the enter view was lost", func(t *testing.T) [][]byte {
			return [][]byte{kernelView(t, 1, 0, putname, "/b"), openRecord(t, 1, fields{"a_enter_status": elsewhere, "a_kernel_status": elsewhere})}
		}, slotOfRow{"", "/b", "", format.ViewLost, ok, none, putname}, 0, nil, format.FlagViewsLost},
		{"the kernel view was lost", func(t *testing.T) [][]byte {
			return [][]byte{openRecord(t, 1, fields{"a_enter": "/a", "a_enter_status": ok, "a_kernel_status": elsewhere})}
		}, slotOfRow{"/a", "", "", ok, format.ViewLost, none, 0}, 0, nil, format.FlagViewsLost},
		{"the exit view was lost", func(t *testing.T) [][]byte {
			return [][]byte{openRecord(t, 1, fields{"a_enter": "/a", "a_enter_status": ok, "a_kernel_status": same, "a_rungs": putname, "a_exit_status": elsewhere})}
		}, slotOfRow{"/a", "", "", ok, same, format.ViewLost, putname}, 0, nil, format.FlagViewsLost},
		{"the views came in another order", func(t *testing.T) [][]byte {
			return [][]byte{
				view(t, 1, 0, format.ViewExit, ok, "x"), kernelView(t, 1, 0, putname, "k"), view(t, 1, 0, format.ViewEnter, ok, "e"),
				openRecord(t, 1, fields{"a_enter_status": elsewhere, "a_kernel_status": elsewhere, "a_exit_status": elsewhere}),
			}
		}, slotOfRow{"e", "k", "x", ok, ok, ok, putname}, 0, nil, 0},
		{"the other slot's views stay there", func(t *testing.T) [][]byte {
			return [][]byte{
				kernelView(t, 1, 1, putname, "/to"),
				openRecord(t, 1, fields{"nr": 264, "a_enter": "/a", "a_enter_status": ok, "a_kernel_status": same, "a_rungs": putname, "b_enter": "/b", "b_enter_status": ok, "b_kernel_status": elsewhere}),
			}
		}, slotOfRow{"/b", "/to", "", ok, ok, none, putname}, 1, nil, 0},
		{"argv, as the new image has it", func(t *testing.T) [][]byte {
			return [][]byte{
				view(t, 1, 1, format.ViewEnter, ok, "ls\x00-l\x00"),
				wireRecord(t, format.EventExec, call(1).with(fields{"filename": "/bin/ls", "argv": "ls\x00-l\x00", "argv_status": ok})),
				wireRecord(t, format.EventSyscall, execve(1).with(fields{"a_enter": "/bin/ls", "a_enter_status": ok, "a_kernel_status": same, "a_rungs": format.RungExec,
					"a_exit_status": format.ViewReplaced, "b_enter_status": elsewhere, "b_exit_status": format.ViewReplaced})),
			}
		}, slotOfRow{"ls\x00-l\x00", "", "", ok, same, format.ViewReplaced, format.RungExec}, 1, []format.EventID{format.EventExec, format.EventSyscall}, 0},
		{"another argv", func(t *testing.T) [][]byte {
			return [][]byte{
				view(t, 1, 1, format.ViewEnter, ok, "ls\x00-l\x00"),
				wireRecord(t, format.EventExec, call(1).with(fields{"filename": "/bin/ls", "argv": "ls\x00-R\x00", "argv_status": ok})),
				wireRecord(t, format.EventSyscall, execve(1).with(fields{"a_enter": "/bin/ls", "a_enter_status": ok, "b_enter_status": elsewhere, "b_exit_status": format.ViewReplaced})),
			}
		}, slotOfRow{"ls\x00-l\x00", "ls\x00-R\x00", "", ok, ok, format.ViewReplaced, format.RungExec}, 1, []format.EventID{format.EventExec, format.EventSyscall}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, a := assembled(t, c.records(t)...)
			want := c.events
			if want == nil {
				want = []format.EventID{format.EventSyscall}
			}
			if got := eventsOf(b); !slices.Equal(got, want) || a.corrupt != 0 || len(a.pending) != 0 {
				t.Fatalf("rows %v, want %v; %d corrupt, %d pending", got, want, a.corrupt, len(a.pending))
			}
			// The call's own row stands behind everything that belongs to it.
			i := b.N - 1
			if got := slotAt(b, i, c.slot); got != c.want {
				t.Errorf("slot %d:\n got %+v\nwant %+v", c.slot, got, c.want)
			}
			if got := format.RowFlags(b.U16[format.ColFlags][i]); got != c.flags {
				t.Errorf("flags %#x, want %#x", got, c.flags)
			}
			if b.I64[format.ColTime][i] != 5001-100 || b.U32[format.ColTID][i] != 7 || string(b.Value(format.ColComm, i)) != "subject" {
				t.Errorf("time %d, tid %d, comm %q", b.I64[format.ColTime][i], b.U32[format.ColTID][i], b.Value(format.ColComm, i))
			}
		})
	}
}

// A later copy that equals the enter view, after one that did not, must be
// told: otherwise a lie seen by both witnesses would look like one seen by all.
func TestLaterCopyAsAtEnterHasItsOwnRow(t *testing.T) {
	b, _ := assembled(t, kernelView(t, 1, 0, putname, "/b"), openRecord(t, 1, fields{"a_enter": "/a", "a_enter_status": ok, "a_kernel_status": elsewhere, "a_rungs": lsm}))
	if format.ViewStatus(b.U8[format.ColAKernelStatus][0]) != same || format.Rung(b.U8[format.ColARungs][0]) != lsm ||
		b.U64[format.ColCall][0] != 1 || b.U32[format.ColTID][0] != 7 || string(b.Value(format.ColComm, 0)) != "subject" {
		t.Errorf("status %d, rungs %d, call %d", b.U8[format.ColAKernelStatus][0], b.U8[format.ColARungs][0], b.U64[format.ColCall][0])
	}
}

// Views whose call never gets a row become rows: when the task's next call
// shows that it was lost, when the task ends, and when the recording does.
func TestViewsWithoutTheirCallAreKept(t *testing.T) {
	v := func() []byte { return kernelView(t, 1, 0, putname, "/b") }
	for name, records := range map[string][][]byte{
		"next call":        {v(), openRecord(t, 2, fields{"a_enter": "/a", "a_enter_status": ok, "a_kernel_status": same, "a_rungs": putname})},
		"next view":        {v(), kernelView(t, 2, 0, putname, "/c"), openRecord(t, 2, fields{"a_enter": "/a", "a_enter_status": ok, "a_kernel_status": elsewhere})},
		"end of the task":  {v(), wireRecord(t, format.EventExit, call(1).with(fields{"exit_code": 9}))},
		"end of recording": {v()},
	} {
		b, a := assembled(t, records...)
		found := -1
		for i := range b.N {
			if format.EventID(b.U16[format.ColEvent][i]) == format.EventView {
				found = i
			}
		}
		if found < 0 || string(b.Value(format.ColAKernel, found)) != "/b" || b.U64[format.ColCall][found] != 1 {
			t.Errorf("%s: rows %v", name, eventsOf(b))
		}
		if name == "next view" && slotAt(b, b.N-1, 0).kernel != "/c" {
			t.Errorf("%s: call 2 has %+v", name, slotAt(b, b.N-1, 0))
		}
		if len(a.pending) != 0 || a.corrupt != 0 {
			t.Errorf("%s: %d pending, %d corrupt", name, len(a.pending), a.corrupt)
		}
	}
}

// Calls of other tasks, and of a later task with the same number, never meet.
func TestCallsAreJoinedByTaskAndCounter(t *testing.T) {
	other := func(rec []byte, tid, start int) []byte {
		values := map[format.ColumnID]int{format.ColTID: tid, format.ColStart: start}
		for _, f := range format.WireHeader.Fields {
			if v, ok := values[f.Col]; ok {
				for i := range f.Size {
					rec[f.Offset+i] = byte(v >> (8 * i))
				}
			}
		}
		return rec
	}
	record := func() []byte {
		return openRecord(t, 1, fields{"a_enter": "/a", "a_enter_status": ok, "a_kernel_status": elsewhere})
	}
	b, _ := assembled(t,
		kernelView(t, 1, 0, putname, "/mine"),
		other(kernelView(t, 1, 0, putname, "/another thread's"), 8, 1000),
		other(kernelView(t, 1, 0, putname, "/a later task's"), 7, 2000),
		other(record(), 7, 2000), record(), other(record(), 8, 1000),
	)
	want := []string{"/a later task's", "/mine", "/another thread's"}
	for i, w := range want {
		if got := slotAt(b, i, 0); got.kernel != w || got.kernelStatus != ok {
			t.Errorf("row %d: %+v, want %q", i, got, w)
		}
	}
}

// Calls with more than two compared arguments have a longer fixed part, and
// view records for their further slots.
func TestFourSlots(t *testing.T) {
	w := format.WireOf(format.EventSyscall)
	if e := w.Ends; !(e[format.FormShort] < e[format.FormTwo] && e[format.FormTwo] < e[format.FormFull] && e[format.FormFull] == w.Size) {
		t.Fatalf("fixed parts end at %v, size %d", e, w.Size)
	}
	b, a := assembled(t,
		kernelView(t, 1, 3, lsm, "ext4"), kernelView(t, 1, 2, lsm, "/dev/b"),
		openRecord(t, 1, fields{
			"a_enter": "/a", "a_enter_status": ok, "a_kernel_status": same,
			"c_enter": "/dev/a", "c_enter_status": ok, "c_kernel_status": elsewhere, "c_exit_status": same,
			"d_enter": "ext4", "d_enter_status": ok, "d_kernel_status": elsewhere, "d_exit_status": same,
		}),
	)
	if a.corrupt != 0 || b.N != 1 {
		t.Fatalf("%d corrupt, %d rows", a.corrupt, b.N)
	}
	for k, want := range []slotOfRow{
		{"/a", "", "", ok, same, none, 0}, {}, {"/dev/a", "/dev/b", "", ok, ok, same, lsm}, {"ext4", "", "", ok, same, same, lsm},
	} {
		if got := slotAt(b, 0, k); got != want {
			t.Errorf("slot %d: %+v, want %+v", k, got, want)
		}
	}
}

// The command line of tasks that were there before comes from /proc.
func TestTasksThatWereThereHaveTheirArguments(t *testing.T) {
	a := newAssembler(func(pid uint32) []byte { return []byte("argv of 5\x00") })
	a.batch = format.NewBatch(1)
	a.add(wireRecord(t, format.EventTask, call(0).with(fields{"path": "/bin/x", "cwd": "/"})))
	if got := a.batch.Value(format.ColBKernel, 0); string(got) != "argv of 5\x00" || a.adopted != 1 {
		t.Errorf("argv %q, %d tasks", got, a.adopted)
	}
}

// A record that does not fit the event table is counted and leaves no row.
func TestDamagedRecordsAreCounted(t *testing.T) {
	whole := openRecord(t, 1, fields{"a_enter": "/a/name", "a_enter_status": ok, "a_kernel_status": same})
	short := format.WireOf(format.EventSyscall).Ends[format.FormShort]
	for n := range len(whole) - 8 { // the last word is padding in part
		b, a := assembled(t, whole[:n])
		if n == short { // a call without views
			continue
		}
		if a.corrupt != 1 || b.N != 0 {
			t.Fatalf("cut to %d of %d bytes: %d corrupt, %d rows", n, len(whole), a.corrupt, b.N)
		}
	}
	unknown := slices.Clone(whole)
	unknown[eventOffset], unknown[eventOffset+1] = 0xff, 0x7f
	if b, a := assembled(t, unknown); a.corrupt != 1 || b.N != 0 {
		t.Errorf("unknown event: %d corrupt, %d rows", a.corrupt, b.N)
	}
}

// consistentBatch checks that every column has all rows, that every reference is
// one of the dictionary's, and that what is behind the last row is zero.
func consistentBatch(t testing.TB, b *format.Batch) {
	t.Helper()
	for c := range format.NumColumns {
		rows := max(len(b.U8[c]), len(b.U16[c]), len(b.U32[c]), len(b.U64[c]), len(b.I32[c]), len(b.I64[c]))
		if rows < b.N {
			t.Fatalf("column %s has %d values in %d rows", format.Columns[c].Name, rows, b.N)
		}
		for i := range rows {
			v := b.Int(c, i)
			if i >= b.N && v != 0 {
				t.Fatalf("column %s: %d behind the last row", format.Columns[c].Name, v)
			}
			if format.Columns[c].Type == format.Bytes && v >= int64(b.Dict.Len()) {
				t.Fatalf("column %s: reference %d of %d", format.Columns[c].Name, v, b.Dict.Len())
			}
		}
	}
}

// FuzzAssembler: whatever a ring holds, there is no panic, and a batch that can
// be written. The input is cut into records by two bytes of length each.
func FuzzAssembler(f *testing.F) {
	chain := func(records ...[]byte) (all []byte) {
		for _, rec := range records {
			all = append(all, byte(len(rec)), byte(len(rec)>>8))
			all = append(all, rec...)
		}
		return all
	}
	f.Add(chain(openRecord(f, 1, fields{"a_enter": "/a", "a_enter_status": ok, "a_kernel_status": same})))
	f.Add(chain(kernelView(f, 1, 0, putname, "/b"), openRecord(f, 1, fields{"a_enter": "/a", "a_enter_status": ok, "a_kernel_status": elsewhere, "a_rungs": lsm})))
	f.Add(chain(view(f, 1, 1, format.ViewEnter, ok, "a\x00"), wireRecord(f, format.EventExec, call(1).with(fields{"argv": "b\x00", "argv_status": ok})),
		wireRecord(f, format.EventSyscall, execve(1).with(fields{"a_enter_status": elsewhere, "b_enter_status": elsewhere}))))
	for id := range format.Events {
		f.Add(chain(wireRecord(f, format.EventID(id), call(1))))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a := newAssembler(func(uint32) []byte { return nil })
		a.batch = format.NewBatch(8)
		records := 0
		for len(data) >= 2 {
			n := min(int(data[0])|int(data[1])<<8, len(data)-2)
			a.add(data[2 : 2+n])
			data = data[2+n:]
			records++
		}
		a.flushAll()
		if len(a.pending) != 0 || int(a.corrupt) > records {
			t.Fatalf("%d pending, %d of %d corrupt", len(a.pending), a.corrupt, records)
		}
		consistentBatch(t, a.batch)
		if a.batch.N > 0 {
			w, err := format.NewWriter(new(bytes.Buffer), &format.Header{}, format.WriterOptions{})
			if err == nil {
				err = w.Write(a.batch, format.Clock{})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Random records, and random damage to good ones, without the fuzzer.
func TestRandomRecordsDoNotPanic(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	good := [][]byte{
		openRecord(t, 1, fields{"a_enter": "/a", "a_enter_status": ok, "a_kernel_status": elsewhere, "a_rungs": lsm}),
		kernelView(t, 1, 0, putname, "/b"), view(t, 1, 0, format.ViewEnter, ok, "/a"), view(t, 1, 1, format.ViewExit, ok, "/a"),
		wireRecord(t, format.EventExec, call(1).with(fields{"filename": "/x", "argv": "b\x00", "argv_status": ok})),
		wireRecord(t, format.EventSyscall, execve(1).with(fields{"a_enter_status": elsewhere, "b_enter_status": elsewhere})),
		wireRecord(t, format.EventExit, call(1)),
	}
	a := newAssembler(nil)
	a.batch = format.NewBatch(8)
	for range 100_000 {
		rec := slices.Clone(good[r.IntN(len(good))])
		for range r.IntN(4) {
			rec[r.IntN(len(rec))] = byte(r.Uint32())
		}
		a.add(rec[:r.IntN(len(rec)+1)])
		a.add(rec)
		if a.batch.N > 1000 {
			consistentBatch(t, a.batch)
			a.batch.Reset()
		}
	}
	a.flushAll()
	consistentBatch(t, a.batch)
}

func TestLossRows(t *testing.T) {
	b := format.NewBatch(2)
	first := lossCount{Count: 10, FirstSeq: 5, LastSeq: 20, FirstTime: 100, LastTime: 200}
	second := lossCount{Count: 12, FirstSeq: 5, LastSeq: 40, FirstTime: 100, LastTime: 400}
	lostRow(b, format.LanePlain, format.ClassCall, 1, &first, &lossCount{}, 90, 210)
	lostRow(b, format.LanePlain, format.ClassCall, 1, &second, &first, 300, 410)
	for i, want := range [][]uint64{{uint64(format.LanePlain), uint64(format.ClassCall), 10, 5, 20, 100}, {uint64(format.LanePlain), uint64(format.ClassCall), 2, 21, 40, 300}} {
		for k, w := range want {
			if got := b.U64[format.ColArg0+format.ColumnID(k)][i]; got != w {
				t.Errorf("row %d: arg%d is %d, want %d", i, k, got, w)
			}
		}
		if format.EventID(b.U16[format.ColEvent][i]) != format.EventLost || b.U16[format.ColCPU][i] != 1 {
			t.Errorf("row %d: event %d of cpu %d", i, b.U16[format.ColEvent][i], b.U16[format.ColCPU][i])
		}
	}
}
