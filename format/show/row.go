package show

import (
	"slices"
	"strconv"

	"github.com/tracerec/tracerec/format"
)

// Row appends row i of a batch as one line without its newline:
//
//	12:00:00.123456 [1234/1235 bash] openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3 </etc/passwd 254:1 ino 77> 12µs
//
// An event that has a return value is shown as a call, any other by its
// fields. A view that differs from what stood in user memory at sys_enter
// follows it: "/tmp/a" ⇒kernel "/tmp/b".
func Row(dst []byte, b *format.Batch, i int, o *Options) []byte {
	id := format.EventID(b.Int(format.ColEvent, i))
	if id == format.EventNone && b.U16[format.ColEvent] == nil {
		return dst
	}
	dst = o.paint(dst, Dim)
	dst = o.AppendTimeAligned(dst, b.Int(format.ColTime, i))
	dst = o.paint(dst, Plain)
	dst = append(dst, ' ')
	return Event(o.appendTask(dst, b, i), b, i, o)
}

// Event appends what happened in row i, without when and who.
func Event(dst []byte, b *format.Batch, i int, o *Options) []byte {
	layout := layoutOf(b, i)
	if layout.call {
		dst = o.appendCall(dst, b, i)
	} else {
		dst = o.appendFields(dst, b, i, layout)
	}
	if flags := b.Int(format.ColFlags, i); flags != 0 {
		dst = append(dst, " {"...)
		dst = bits(dst, uint64(flags), rowFlagNames, ",")
		dst = append(dst, '}')
	}
	return dst
}

// appendTask appends "[pid/tid comm] ", "[cpu 3] " for rows of no task, or "[file] " for what no
// processor has to do with.
func (o *Options) appendTask(dst []byte, b *format.Batch, i int) []byte {
	begin := len(dst)
	dst = append(dst, '[')
	pid, tid := b.Int(format.ColTGID, i), b.Int(format.ColTID, i)
	comm := b.Value(format.ColComm, i)
	switch {
	case format.EventID(b.Int(format.ColEvent, i)) == format.EventLost && !lostInRing(b, i):
		dst = append(dst, "file"...)
	case tid == 0 && pid == 0 && comm == nil:
		dst = strconv.AppendInt(append(dst, "cpu "...), b.Int(format.ColCPU, i), 10)
	default:
		dst = strconv.AppendInt(dst, pid, 10)
		dst = strconv.AppendInt(append(dst, '/'), tid, 10)
		dst = AppendEscape(append(dst, ' '), comm)
	}
	dst = append(dst, "] "...)
	for width := Width(dst[begin:]); width <= o.TaskWidth; width++ {
		dst = append(dst, ' ')
	}
	return dst
}

// layout is how rows of an event are shown.
type layout struct {
	name   string
	call   bool // has a return value: shown as name(arguments) = value
	fields []format.Field
}

var layouts = func() []layout {
	t := make([]layout, len(format.Events))
	for i := range format.Events {
		e := &format.Events[i]
		t[i] = layout{name: e.Name, fields: e.Fields}
		for _, f := range e.Fields {
			t[i].call = t[i].call || f.Col == format.ColRet
		}
	}
	return t
}()

// noLane is the layout of a lost row that is about no ring.
var noLane = func() layout {
	l := layouts[format.EventLost]
	l.fields = slices.DeleteFunc(slices.Clone(l.fields), func(f format.Field) bool { return KindOf(f) == format.KindLane })
	return l
}()

// noSocket is the layout of a descriptor that is none of a socket.
var noSocket = func() layout {
	l := layouts[format.EventFD]
	l.fields = slices.DeleteFunc(slices.Clone(l.fields), func(f format.Field) bool {
		return slices.Contains([]format.Kind{format.KindFamily, format.KindSockType, format.KindSockProto, format.KindSockState}, KindOf(f))
	})
	return l
}()

// lostInRing says whether a lost row counts what did not fit a ring: other rows are
// missing because a file was damaged, or because nobody recorded, on no processor and lane.
func lostInRing(b *format.Batch, i int) bool {
	return format.Class(b.Int(format.ColArg1, i)).InRing()
}

// layoutOf is how row i of b is shown. Of an event of a later tracerec all columns are that have something.
func layoutOf(b *format.Batch, i int) layout {
	id := format.EventID(b.Int(format.ColEvent, i))
	if id == format.EventLost && !lostInRing(b, i) {
		return noLane
	}
	if id == format.EventFD && b.Int(format.ColArg3, i) == 0 {
		return noSocket
	}
	if int(id) < len(layouts) {
		return layouts[id]
	}
	l := layout{name: EventName(id)}
	for c := range format.NumColumns {
		if c != format.ColHost && !slices.Contains(format.CommonFields, c) && (b.Int(c, i) != 0 || format.Columns[c].Type == format.Bytes && b.Value(c, i) != nil) {
			l.fields = append(l.fields, format.Field{Name: format.Columns[c].Name, Col: c})
		}
	}
	return l
}

// KindOf is a field's kind: its own, or its column's.
func KindOf(f format.Field) format.Kind {
	if f.Kind != format.KindNone {
		return f.Kind
	}
	return format.Columns[f.Col].Kind
}

// appendFields appends "name key=value …". Nulls are left out, and zeros of
// kinds for which zero means that there is none.
func (o *Options) appendFields(dst []byte, b *format.Batch, i int, l layout) []byte {
	abi := format.ABI(b.Int(format.ColABI, i))
	dst = o.paint(dst, Bold)
	dst = append(dst, l.name...)
	dst = o.paint(dst, Plain)
	for _, f := range l.fields {
		kind := KindOf(f)
		if format.Columns[f.Col].Type == format.Bytes {
			v := b.Value(f.Col, i)
			if v == nil {
				continue
			}
			dst = append(append(append(dst, ' '), f.Name...), '=')
			dst = Bytes(dst, o.fieldKind(f, kind, b, i), v, abi, o)
			continue
		}
		v := b.Int(f.Col, i)
		if hidden(kind, v, abi, o) {
			continue
		}
		dst = append(append(append(dst, ' '), f.Name...), '=')
		if w := l.dependent(kind, b, i); w != nil {
			dst = w.append(dst, uint64(v))
			continue
		}
		dst = Int(dst, kind, v, abi, o)
	}
	return dst
}

// dependent are the words of a field whose meaning another one of the row
// says, as the protocol of a socket is one of its family; nil for none.
func (l *layout) dependent(kind format.Kind, b *format.Batch, i int) *words {
	w := wordsOf(kind)
	if w == nil || w.by == format.KindNone {
		return nil
	}
	for _, f := range l.fields {
		if by := wordsOf(KindOf(f)); KindOf(f) == w.by && by != nil {
			if found, ok := w.when[by.value(uint64(b.Int(f.Col, i)))]; ok && found.as == format.KindNone {
				return &found
			}
		}
	}
	return nil
}

// fieldKind finds the kind of bytes whose field has none, by the syscall in
// flight: the argument they are a view of.
func (o *Options) fieldKind(f format.Field, kind format.Kind, b *format.Batch, i int) format.Kind {
	if kind != format.KindNone {
		return kind
	}
	row := format.SyscallOf(o.abi(format.ABI(b.Int(format.ColABI, i))), int32(b.Int(format.ColNR, i)))
	slot := int(b.Int(format.ColArg0, i))
	if row == nil || slot < 0 || slot >= len(row.Views) || b.Int(format.ColABI, i) == 0 {
		return kind
	}
	return row.Views[slot].Kind
}

// hidden says whether an integer field has nothing to tell.
func hidden(kind format.Kind, v int64, abi format.ABI, o *Options) bool {
	switch kind {
	case format.KindSyscall:
		return abi == format.ABINone
	case format.KindABI:
		return !o.foreign(abi)
	case format.KindViewStatus:
		return v == int64(format.ViewNone) || v == int64(format.ViewOK)
	case format.KindPointer, format.KindTID, format.KindTGID, format.KindTime, format.KindDev, format.KindInode,
		format.KindRungs, format.KindCallID, format.KindSize, format.KindDuration, format.KindVMA, format.KindSignal:
		return v == 0
	}
	return false
}

// Width counts the terminal columns of text that this package made, one per
// character; it is off for wide and combining characters, which is harmless.
func Width(text []byte) int {
	n, escape := 0, false
	for _, c := range text {
		switch {
		case c == 0x1b:
			escape = true
		case escape:
			escape = c != 'm'
		case c&0xc0 != 0x80:
			n++
		}
	}
	return n
}
