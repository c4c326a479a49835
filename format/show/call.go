package show

import (
	"strconv"

	"github.com/tracerec/tracerec/format"
)

// appendCall appends "name(arguments) = value <object> duration".
func (o *Options) appendCall(dst []byte, b *format.Batch, i int) []byte {
	recorded := format.ABI(b.Int(format.ColABI, i))
	abi := o.abi(recorded)
	nr := int32(b.Int(format.ColNR, i))
	row := format.SyscallOf(abi, nr)
	if o.foreign(recorded) {
		dst = append(append(dst, ABI(recorded)...), ':')
	}
	dst = o.paint(dst, Bold)
	flags := format.RowFlags(b.Int(format.ColFlags, i))
	if row != nil && row.Through != nil {
		dst = append(append(o.paint(append(dst, row.Through.Call...), Plain), '('), wordsOf(row.Through.Kind).append(nil, uint64(row.Through.Value))...)
		dst = append(dst, ", "...)
	} else {
		dst = append(dst, Syscall(abi, nr)...)
		dst = append(o.paint(dst, Plain), '(')
	}
	if flags&format.FlagNoEnter != 0 && argsUnknown(b, i, row) {
		dst = append(dst, '?')
	} else {
		dst = o.appendArgs(dst, b, i, abi, row)
		dst = o.appendArgsMark(dst, flags)
	}
	dst = append(dst, ") = "...)

	if flags&format.FlagNoExit != 0 {
		return append(dst, '?')
	}
	ret := b.Int(format.ColRet, i)
	failed := ret < 0 && ret >= -4095
	if failed {
		dst = o.paint(dst, Yellow)
	}
	dst = AppendRet(dst, ret)
	if failed {
		dst = o.paint(dst, Plain)
	}
	dst = o.appendObject(dst, b, i, row)
	if d := b.Int(format.ColDuration, i); d != 0 && flags&format.FlagNoEnter == 0 { // without an enter it is not the call's
		dst = o.paint(append(dst, ' '), Dim)
		dst = AppendDuration(dst, d)
		dst = o.paint(dst, Plain)
	}
	return dst
}

// argsUnknown says that nothing is known of the arguments of a call whose beginning was not seen: an execve that brings
// its task into scope has no registers left.
func argsUnknown(b *format.Batch, i int, row *format.Syscall) bool {
	if row == nil || len(row.Args) == 0 {
		return false
	}
	for c := format.ColArg0; c <= format.ColArg5; c++ {
		if b.Int(c, i) != 0 {
			return false
		}
	}
	for slot := range row.Views {
		if hasViews(b, i, slot) {
			return false
		}
	}
	return true
}

// appendArgsMark says what is to be known of arguments that stand in memory.
func (o *Options) appendArgsMark(dst []byte, flags format.RowFlags) []byte {
	mark := ""
	switch {
	case flags&format.FlagLateArgs != 0:
		mark = " ?unreadable: as at exit"
	case flags&format.FlagArgsChanged != 0:
		mark = " ⇒exit other arguments"
	default:
		return dst
	}
	return o.paint(append(o.paint(dst, BoldRed), mark...), Plain)
}

// foreign says whether a call used another table than the machine's own: a
// 32-bit program, or one that pretends to be.
func (o *Options) foreign(abi format.ABI) bool {
	if o.ABI == format.ABINone {
		return abi == format.ABIIA32 || abi == format.ABIX32 || abi == format.ABIARM32
	}
	return abi != o.ABI && abi != format.ABINone
}

func (o *Options) appendArgs(dst []byte, b *format.Batch, i int, abi format.ABI, row *format.Syscall) []byte {
	if row == nil {
		row = rawCall
	}
	count := len(row.Args)
	creates := true // until open flags say otherwise, a mode counts
	for n, arg := range row.Args {
		if n >= count {
			break
		}
		raw := argument(b, i, abi, row, n)
		if arg.Kind == format.KindMode && !creates {
			continue
		}
		if n > 0 {
			dst = append(dst, ", "...)
		}
		kind, w := arg.Kind, wordsOf(arg.Kind)
		if w != nil && w.by != format.KindNone {
			kind, w = resolve(w, b, i, abi, row)
		}
		slot := slotOf(row, n)
		switch {
		case slot >= 0 && hasViews(b, i, slot):
			dst = o.appendViews(dst, b, i, slot, &row.Views[slot], abi)
		case w != nil:
			dst = w.append(dst, uint64(raw))
			if few, ok := w.takes[w.value(uint64(raw))]; ok {
				count = few
			}
		case isBytes(kind) || kind == format.KindPointer:
			dst = appendAddress(dst, uint64(raw))
		case kind == format.KindUID || kind == format.KindGID:
			dst = strconv.AppendInt(dst, int64(int32(raw)), 10) // -1 leaves it unchanged
		default:
			dst = Int(dst, kind, raw, abi, o)
		}
		if kind == format.KindOpenFlags {
			creates = raw&openCreates != 0
		}
	}
	return dst
}

// argument reads argument n of a call: of 64 bits, or of a register's width.
func argument(b *format.Batch, i int, abi format.ABI, row *format.Syscall, n int) int64 {
	reg := row.Register(abi, n)
	if reg > 5 {
		return 0
	}
	v := b.Int(format.ColArg0+format.ColumnID(reg), i)
	if abi != format.ABIIA32 && abi != format.ABIARM32 {
		return v
	}
	switch {
	case row.Args[n].Kind.Wide() && reg < 5:
		return v&(1<<32-1) | b.Int(format.ColArg0+format.ColumnID(reg+1), i)<<32
	case row.Args[n].Kind == format.KindLong:
		return int64(int32(v))
	}
	return v
}

// resolve finds what w's values are in this call, by the argument that says so.
func resolve(w *words, b *format.Batch, i int, abi format.ABI, row *format.Syscall) (format.Kind, *words) {
	for n, arg := range row.Args {
		by := wordsOf(arg.Kind)
		if arg.Kind != w.by || by == nil {
			continue
		}
		if found, ok := w.when[by.value(uint64(argument(b, i, abi, row, n)))]; ok {
			if found.as != format.KindNone {
				return found.as, wordsOf(found.as)
			}
			return format.KindArg, &found
		}
	}
	return format.KindArg, nil
}

func appendAddress(dst []byte, v uint64) []byte {
	if v == 0 {
		return append(dst, "NULL"...)
	}
	return appendPointer(dst, v)
}

// isBytes says whether values of kind k are byte strings.
func isBytes(k format.Kind) bool {
	switch k {
	case format.KindPath, format.KindArgv, format.KindEnv, format.KindSockAddr, format.KindOpenHow, format.KindComm, format.KindText:
		return true
	}
	return false
}

// slotOf finds the slot that holds the views of argument n, -1 for none.
func slotOf(row *format.Syscall, n int) int {
	if row != nil {
		for slot, view := range row.Views {
			if view.Arg == n && slot < len(format.Slots) {
				return slot
			}
		}
	}
	return -1
}

func hasViews(b *format.Batch, i, slot int) bool {
	s := &format.Slots[slot]
	return b.Int(s.EnterStatus, i)|b.Int(s.KernelStatus, i)|b.Int(s.ExitStatus, i) != int64(format.ViewNone)
}

// appendViews appends the enter view, and behind it those that differ.
func (o *Options) appendViews(dst []byte, b *format.Batch, i, slot int, view *format.ArgView, abi format.ABI) []byte {
	s, kind := &format.Slots[slot], view.Kind
	length := b.Int(s.Len, i)
	if view.Out {
		return o.appendView(dst, format.ViewStatus(b.Int(s.ExitStatus, i)), kind, b.Value(s.Exit, i), length, abi)
	}
	enter := format.ViewStatus(b.Int(s.EnterStatus, i))
	dst = o.appendView(dst, enter, kind, b.Value(s.Enter, i), length, abi)
	if enter == format.ViewUnreadable {
		if vma := format.VMAClass(b.Int(s.VMA, i)); vma != format.VMAUnknown {
			dst = append(append(append(dst, '('), VMA(vma)...), ')')
		}
	}
	if kernel := format.ViewStatus(b.Int(s.KernelStatus, i)); kernel != format.ViewNone && kernel != format.ViewSame {
		colour := BoldRed
		if !exact(view, format.Rung(b.Int(s.Rungs, i))) {
			colour = Yellow // it may differ for a benign reason: a script's argv
		}
		dst = o.paint(append(dst, ' '), colour)
		dst = append(dst, "⇒kernel "...)
		dst = o.appendView(dst, kernel, kind, b.Value(s.Kernel, i), length, abi)
		dst = o.paint(dst, Plain)
	}
	switch exit := format.ViewStatus(b.Int(s.ExitStatus, i)); exit {
	case format.ViewNone, format.ViewSame, format.ViewReplaced, enter:
		// The same state twice is no difference, unless it holds other bytes.
		if exit != enter || b.Value(s.Exit, i) == nil {
			break
		}
		fallthrough
	default:
		dst = o.paint(append(dst, ' '), BoldRed)
		dst = append(dst, "⇒exit "...)
		dst = o.appendView(dst, exit, kind, b.Value(s.Exit, i), length, abi)
		dst = o.paint(dst, Plain)
	}
	return dst
}

// exact says whether a kernel view that these witnesses saw can be compared
// byte for byte.
func exact(view *format.ArgView, rungs format.Rung) bool {
	for _, w := range view.Witness {
		if w.Rung&rungs != 0 && w.Compare == format.CompareExact {
			return true
		}
	}
	return rungs == 0
}

// appendView appends one view: its bytes, or why there are none.
func (o *Options) appendView(dst []byte, status format.ViewStatus, kind format.Kind, v []byte, length int64, abi format.ABI) []byte {
	switch status {
	case format.ViewOK:
		return Bytes(dst, kind, v, abi, o)
	case format.ViewTruncated:
		dst = append(Bytes(dst, kind, v, abi, o), "…("...)
		return append(strconv.AppendInt(dst, length, 10), " bytes)"...)
	case format.ViewNull:
		return append(dst, "NULL"...)
	}
	return append(append(dst, '?'), Status(status)...)
}

// appendObject appends " </etc/passwd 254:1 ino 77>": what the kernel reached.
func (o *Options) appendObject(dst []byte, b *format.Batch, i int, row *format.Syscall) []byte {
	// A socket without an address has an empty one.
	path, dev, ino := b.Value(format.ColPath, i), b.Int(format.ColDev, i), b.Int(format.ColIno, i)
	if len(path) == 0 && dev == 0 && ino == 0 {
		return dst
	}
	begin := len(dst)
	dst = append(dst, " <"...)
	switch {
	case len(path) == 0:
	case row != nil && (row.Object == format.ObjectPeer || row.Object == format.ObjectBound):
		dst = AppendSockAddr(dst, path)
	default:
		dst = appendEscaped(dst, path, '>')
	}
	if dev != 0 || ino != 0 {
		if len(dst) > begin+2 {
			dst = append(dst, ' ')
		}
		dst = AppendDev(dst, uint32(dev))
		dst = strconv.AppendUint(append(dst, " ino "...), uint64(ino), 10)
	}
	return append(dst, '>')
}
