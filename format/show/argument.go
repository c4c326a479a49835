package show

import "github.com/tracerec/tracerec/format"

// Argument appends argument n of the call in row i as strace shows it: names
// of flags and enumerations, numbers, addresses of memory. It shows no memory.
func Argument(dst []byte, b *format.Batch, i int, call *format.Syscall, n int, o *Options) []byte {
	abi := o.abi(format.ABI(b.Int(format.ColABI, i)))
	raw := argument(b, i, abi, call, n)
	kind, w := call.Args[n].Kind, wordsOf(call.Args[n].Kind)
	if w != nil && w.by != format.KindNone {
		kind, w = resolve(w, b, i, abi, call)
	}
	switch {
	case w != nil:
		return w.append(dst, uint64(raw))
	case isBytes(kind) || kind == format.KindPointer:
		return appendAddress(dst, uint64(raw))
	}
	return Int(dst, kind, raw, abi, o)
}

// ArgumentInt is argument n of the call in row i as a number: with its sign
// where the kernel takes an int.
func ArgumentInt(b *format.Batch, i int, call *format.Syscall, n int, o *Options) int64 {
	raw := argument(b, i, o.abi(format.ABI(b.Int(format.ColABI, i))), call, n)
	switch call.Args[n].Kind {
	case format.KindInt, format.KindPID, format.KindFD, format.KindUID, format.KindGID:
		return int64(int32(raw))
	}
	return raw
}
