package tui

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// scroll is what is seen of a list of lines.
type scroll struct{ top int }

func (s *scroll) by(n, lines, height int) { s.top = max(min(s.top+n, lines-height), 0) }

// maxValue is how much of one value is shown.
const maxValue = 4096

// eventLines is one row in full.
func (m *model) eventLines(width int) (lines []string) {
	b, i := m.selected()
	if b == nil {
		return []string{"no row"}
	}
	o := m.o.Show
	o.Color = false
	put := func(label, value string, st func(...string) string) {
		wrapped := strings.Split(ansi.Wrap(value, max(width-16, 10), "/"), "\n")
		for n, part := range wrapped {
			if st != nil {
				part = st(part)
			}
			if n > 0 {
				label = ""
			}
			lines = append(lines, " "+style.dim.Render(pad(label, 12))+"  "+part)
		}
	}
	seq := b.Seq + uint64(i)
	for _, k := range m.marksAt[seq] {
		put("▲ "+show.Escape([]byte(k.Severity)), show.Escape([]byte(k.Title))+"  id "+show.Escape([]byte(k.ID)), rankStyle(m.marksAt[seq]).Render)
	}
	put("what", string(show.Event(nil, b, i, &o)), style.bold.Render)
	t, took := b.I64[format.ColTime][i], b.I64[format.ColDuration][i]
	rel, utc := o, o
	rel.Time, utc.Time = show.TimeRel, show.TimeUTC
	when := rel.TimeText(t) + " s"
	if m.o.Show.Clock.Realtime != 0 {
		when += "   " + o.Date(t, "2006-01-02 15:04:05.000000")
	}
	if took != 0 {
		when += "   took " + show.Duration(took)
	}
	put("when", when, nil)
	put("who", fmt.Sprintf("%s  pid %d  thread %d  parent %d  uid %d  gid %d", show.Escape(b.Value(format.ColComm, i)),
		b.Int(format.ColTGID, i), b.Int(format.ColTID, i), b.Int(format.ColPPID, i), b.Int(format.ColUID, i), b.Int(format.ColGID, i)), nil)
	put("where", fmt.Sprintf("cpu %d  pid ns %d  mount ns %d  cgroup %d", b.Int(format.ColCPU, i), b.Int(format.ColPIDNS, i),
		b.Int(format.ColMntNS, i), uint64(b.Int(format.ColCgroup, i))), nil)
	if format.EventID(b.U16[format.ColEvent][i]) == format.EventSyscall {
		m.callLines(b, i, put, &lines)
	} else {
		m.fieldLines(b, i, put)
	}
	m.joined(b, i, &lines, width)
	return lines
}

// callLines are the arguments of a call, each with the views of it.
func (m *model) callLines(b *format.Batch, i int, put func(string, string, func(...string) string), lines *[]string) {
	abi := format.ABI(b.Int(format.ColABI, i))
	if abi == format.ABINone {
		abi = m.o.Show.ABI
	}
	call := format.SyscallOf(abi, int32(b.Int(format.ColNR, i)))
	if call == nil {
		return
	}
	o := m.o.Show
	for n, arg := range call.Args {
		slot := -1
		for k := range call.Views {
			if int(call.Views[k].Arg) == n {
				slot = k
			}
		}
		put(arg.Name, string(show.Argument(nil, b, i, call, n, &o)), nil)
		if slot >= 0 {
			m.viewLines(b, i, slot, call.Views[slot].Kind, abi, put)
		}
	}
	if path := b.Value(format.ColPath, i); path != nil || b.Int(format.ColIno, i) != 0 {
		dev := uint32(b.Int(format.ColDev, i))
		put("object", fmt.Sprintf("%s  device %d:%d  inode %d", show.Quote(path), dev>>20, dev&(1<<20-1), uint64(b.Int(format.ColIno, i))), nil)
	}
}

// viewLines show one argument as the program showed it, as the kernel used it,
// and as it was left.
func (m *model) viewLines(b *format.Batch, i, slot int, kind format.Kind, abi format.ABI, put func(string, string, func(...string) string)) {
	s, o := format.Slots[slot], m.o.Show
	enter := b.Value(s.Enter, i)
	for _, v := range []struct {
		label         string
		value, status format.ColumnID
	}{{"shown", s.Enter, s.EnterStatus}, {"used", s.Kernel, s.KernelStatus}, {"left", s.Exit, s.ExitStatus}} {
		status := format.ViewStatus(b.Int(v.status, i))
		label, text, st := "  "+v.label, "", style.dim.Render
		value := b.Value(v.value, i)
		switch {
		case status == format.ViewNone && v.label == "used":
			text = "no witness saw what the kernel used"
		case status == format.ViewNone:
			continue
		case status == format.ViewSame:
			text = "= the same"
		case status == format.ViewOK || status == format.ViewTruncated:
			cut := ""
			if len(value) > maxValue {
				cut, value = fmt.Sprintf(" … %d bytes more", len(value)-maxValue), value[:maxValue]
			}
			text = string(show.Bytes(nil, kind, value, abi, &o)) + cut
			if status == format.ViewTruncated {
				text += fmt.Sprintf("  (of %d bytes)", b.Int(s.Len, i))
			}
			if st = nil; v.label != "shown" && !bytes.Equal(b.Value(v.value, i), enter) {
				label, st = "≠ "+v.label, style.failed.Render
				if v.label == "used" {
					st = style.bad.Render
				}
			}
		default:
			text = show.Status(status)
		}
		if v.label == "used" && b.Int(s.Rungs, i) != 0 {
			text += "  witness: " + show.Rungs(format.Rung(b.Int(s.Rungs, i)))
		}
		put(label, text, st)
	}
}

// fieldLines are the fields of an event that is no call.
func (m *model) fieldLines(b *format.Batch, i int, put func(string, string, func(...string) string)) {
	id := int(b.U16[format.ColEvent][i])
	if id >= len(format.Events) {
		return
	}
	o := m.o.Show
	abi := format.ABI(b.Int(format.ColABI, i))
	for _, f := range format.Events[id].Fields {
		if format.Columns[f.Col].Type == format.Bytes {
			if v := b.Value(f.Col, i); v != nil {
				put(f.Name, string(show.Bytes(nil, o.KindAt(f, b, i), v[:min(len(v), maxValue)], abi, &o)), nil)
			}
			continue
		}
		if v := b.Int(f.Col, i); v != 0 {
			put(f.Name, string(show.Int(nil, show.KindOf(f), v, abi, &o)), nil)
		}
	}
}

// joinedWithin is how far around a row others of its call are looked for, and
// maxJoined how many are shown.
const (
	joinedWithin = 512
	maxJoined    = 20
)

// joined are other rows of the same call: witnesses, and the call itself.
func (m *model) joined(b *format.Batch, i int, lines *[]string, width int) {
	call := b.Int(format.ColCall, i)
	if call == 0 || b.Int(format.ColTID, i) == 0 {
		return
	}
	o, n := m.o.Show, 0
	for k := max(0, i-joinedWithin); k < min(b.N, i+joinedWithin) && n < maxJoined; k++ {
		if k == i || b.Int(format.ColCall, k) != call || b.U32[format.ColTID][k] != b.U32[format.ColTID][i] || b.U64[format.ColStart][k] != b.U64[format.ColStart][i] {
			continue
		}
		if n++; n == 1 {
			*lines = append(*lines, "", " "+style.dim.Render("of the same call"))
		}
		*lines = append(*lines, " "+string(o.AppendTimeAligned(nil, b.I64[format.ColTime][k]))+" "+string(show.Event(nil, b, k, &o)))
	}
}
