package show

import (
	"encoding/hex"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/tracerec/tracerec/format"
)

// AppendJSON appends bytes as a JSON value: a string, or {"hex":"…"} when
// they are not UTF-8. Characters that a terminal would act on are escaped.
func AppendJSON(dst, v []byte) []byte {
	if !utf8.Valid(v) {
		dst = append(dst, `{"hex":"`...)
		dst = hex.AppendEncode(dst, v)
		return append(dst, `"}`...)
	}
	dst = append(dst, '"')
	for i := 0; i < len(v); {
		r, size := utf8.DecodeRune(v[i:])
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ' || r == 0x7f || r >= utf8.RuneSelf && r <= 0xffff && !Visible(r):
			dst = appendRuneEscape(dst, r)
		case r > 0xffff && !Visible(r):
			r -= 0x10000
			dst = appendRuneEscape(dst, 0xd800+r>>10)
			dst = appendRuneEscape(dst, 0xdc00+r&0x3ff)
		default:
			dst = append(dst, v[i:i+size]...)
		}
		i += size
	}
	return append(dst, '"')
}

// SafeJSON escapes what a terminal would act on in JSON that another encoder
// made. Such characters stand only within its strings.
func SafeJSON(v []byte) []byte {
	out := make([]byte, 0, len(v))
	for i := 0; i < len(v); {
		r, size := utf8.DecodeRune(v[i:])
		switch {
		case r == 0x7f, r >= utf8.RuneSelf && r <= 0xffff && !Visible(r):
			out = appendRuneEscape(out, r)
		case r > 0xffff && !Visible(r):
			out = appendRuneEscape(out, 0xd800+(r-0x10000)>>10)
			out = appendRuneEscape(out, 0xdc00+(r-0x10000)&0x3ff)
		default:
			out = append(out, v[i:i+size]...)
		}
		i += size
	}
	return out
}

// JSON is a byte string that marshals as AppendJSON does.
type JSON string

// MarshalJSON implements json.Marshaler.
func (j JSON) MarshalJSON() ([]byte, error) { return AppendJSON(nil, []byte(j)), nil }

// ArgvJSON splits an argument vector for marshalling.
func ArgvJSON(v []byte) []JSON {
	words := []JSON{}
	start := 0
	for i, c := range v {
		if c == 0 {
			words = append(words, JSON(v[start:i]))
			start = i + 1
		}
	}
	if start < len(v) {
		words = append(words, JSON(v[start:])) // cut off when it was recorded
	}
	return words
}

// RowJSON appends row i of a batch as a JSON object: "type":"event", the
// fields common to all events, and those of its own, by their names in the
// event table (its_NAME where a common field has that name). Nulls are left
// out, and zeros of slots: most calls use few of the four. Numbers are as recorded; what has names
// (syscall, flags, rungs, status…) stands as text. Of an event of a later
// tracerec all columns stand that have something.
func RowJSON(dst []byte, b *format.Batch, i int, o *Options) []byte {
	abi := format.ABI(b.Int(format.ColABI, i))
	dst = strconv.AppendUint(append(dst, `{"type":"event","seq":`...), b.Seq+uint64(i), 10)
	dst = o.Wall(b.Int(format.ColTime, i)).UTC().AppendFormat(append(dst, `,"wall":"`...), time.RFC3339Nano)
	dst = append(dst, '"')
	for _, c := range format.CommonFields {
		dst = o.member(dst, b, i, format.Field{Name: format.Columns[c].Name, Col: c}, abi)
	}
	layout := layoutOf(b, i)
	if layout.call {
		dst = append(append(append(dst, `,"syscall":"`...), Syscall(o.abi(abi), int32(b.Int(format.ColNR, i)))...), '"')
		if ret := b.Int(format.ColRet, i); ret < 0 && ret >= -4095 {
			dst = append(append(append(dst, `,"errno":"`...), Errno(-ret)...), '"')
		}
	}
	for _, f := range layout.fields {
		if taken[f.Name] {
			f.Name = "its_" + f.Name
		}
		if w := layout.dependent(KindOf(f), b, i); w != nil {
			dst = append(w.append(append(append(append(dst, `,"`...), f.Name...), `":"`...), uint64(b.Int(f.Col, i))), '"')
			continue
		}
		dst = o.member(dst, b, i, f, abi)
	}
	return append(dst, '}')
}

// taken are the keys that every row has, or may have: an event's own field of
// the same name stands as its_type, its_flags.
var taken = func() map[string]bool {
	names := map[string]bool{"type": true, "seq": true, "wall": true, "syscall": true, "errno": true}
	for _, c := range format.CommonFields {
		names[format.Columns[c].Name] = true
	}
	return names
}()

// ofSlot says of a column that it belongs to a compared argument.
var ofSlot = func() (of [format.NumColumns]bool) {
	for _, s := range format.Slots {
		for _, c := range []format.ColumnID{s.Enter, s.Kernel, s.Exit, s.EnterStatus, s.KernelStatus, s.ExitStatus, s.Rungs, s.VMA, s.Copies, s.Len} {
			of[c] = true
		}
	}
	return of
}()

// member appends ,"name":value.
func (o *Options) member(dst []byte, b *format.Batch, i int, f format.Field, abi format.ABI) []byte {
	kind := KindOf(f)
	key := func() []byte { return append(append(append(dst, `,"`...), f.Name...), `":`...) }
	if format.Columns[f.Col].Type == format.Bytes {
		v := b.Value(f.Col, i)
		if v == nil {
			return dst
		}
		dst = key()
		switch kind := o.jsonKind(f, kind, b, i); kind {
		case format.KindArgv, format.KindEnv:
			dst = append(dst, '[')
			for n, word := range ArgvJSON(v) {
				if n > 0 {
					dst = append(dst, ',')
				}
				dst = AppendJSON(dst, []byte(word))
			}
			return append(dst, ']')
		case format.KindSockAddr, format.KindIDs, format.KindCaps, format.KindMsgName, format.KindMsgNames, format.KindOpenHow, format.KindGIDs, format.KindFDs, format.KindRights, format.KindSiginfo:
			return AppendJSON(dst, Bytes(nil, kind, v, abi, o))
		}
		if structs[kind] != nil {
			return AppendJSON(dst, Bytes(nil, kind, v, abi, o))
		}
		return AppendJSON(dst, v)
	}
	v := b.Int(f.Col, i)
	if v == 0 && ofSlot[f.Col] {
		return dst
	}
	switch kind {
	case format.KindEvent, format.KindABI, format.KindViewStatus, format.KindRungs, format.KindVMA, format.KindRowFlags,
		format.KindDev, format.KindOpenFlags, format.KindMode, format.KindCloneFlags, format.KindLane, format.KindClass,
		format.KindExitCode:
		if v == 0 && (kind == format.KindRowFlags || hidden(kind, v, abi, o)) {
			return dst
		}
		dst = append(key(), '"')
		return append(Int(dst, kind, v, abi, o), '"')
	}
	if wordsOf(kind) != nil || kind == format.KindSignal || kind == format.KindCapSet {
		if hidden(kind, v, abi, o) {
			return dst
		}
		return append(Int(append(key(), '"'), kind, v, abi, o), '"')
	}
	dst = key()
	if format.Columns[f.Col].Type == format.U64 {
		return strconv.AppendUint(dst, uint64(v), 10)
	}
	return strconv.AppendInt(dst, v, 10)
}

// jsonKind finds the kind of a view by the argument that it is of.
func (o *Options) jsonKind(f format.Field, kind format.Kind, b *format.Batch, i int) format.Kind {
	row := format.SyscallOf(o.abi(format.ABI(b.Int(format.ColABI, i))), int32(b.Int(format.ColNR, i)))
	if row == nil {
		return kind
	}
	call := layoutOf(b, i).call
	if call && f.Col == format.ColPath && (row.Object == format.ObjectPeer || row.Object == format.ObjectBound) {
		return format.KindSockAddr
	}
	if call && kind == format.KindNone {
		for n := range row.Views {
			if s := &format.Slots[n]; f.Col == s.Enter || f.Col == s.Kernel || f.Col == s.Exit {
				return row.Views[n].Kind
			}
		}
	}
	if call {
		return kind
	}
	return o.fieldKind(f, kind, b, i)
}

// KindAt is the kind of a field of bytes in row i: its own or, for a view,
// that of the argument which it is a view of.
func (o *Options) KindAt(f format.Field, b *format.Batch, i int) format.Kind {
	return o.jsonKind(f, KindOf(f), b, i)
}
