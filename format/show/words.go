package show

import (
	"maps"
	"slices"
	"strconv"

	"github.com/tracerec/tracerec/format"
)

// words are the names of an argument's values: flags, an enumeration, or an
// enumeration in some bits and flags in the others.
type words struct {
	bits   []bit
	enum   []bit                             // values of the bits in mask
	mask   uint64                            // 0: there are no flags beside the enumeration
	zero   string                            // name of no flag at all
	wide   bool                              // all 64 bits count; otherwise the kernel takes an int
	signed bool                              // a value without a name is shown with its sign
	octal  bool                              // the low nine bits are permissions
	takes  map[uint64]int                    // how many arguments the call has with that value, where it has less
	form   func(dst []byte, v uint64) []byte // of a value without a name; nil: hexadecimal
	by     format.Kind                       // which argument of the call, by kind, says what the values are
	when   map[uint64]words                  // what they are for each value of that
	as     format.Kind                       // they are of another kind
}

// vocabulary holds the words of the kinds that have some.
var vocabulary = func() (t [format.KindLimit]*words) {
	for _, family := range []map[format.Kind]words{
		fileWords, descWords, netWords, processWords, systemWords, optionWords, sharedWords, hookWords, lsmWords,
	} {
		for k, w := range maps.All(family) {
			t[k] = &w
		}
	}
	for k, takes := range fewerArgs {
		t[k].takes = takes
	}
	return t
}()

// sharedWords are kinds whose names stand in a table of their own.
var sharedWords = map[format.Kind]words{
	format.KindFamily:  {enum: numbered(families[:])},
	format.KindNSFlags: {bits: slices.DeleteFunc(slices.Clone(cloneFlags), func(b bit) bool { return b.value>>32 != 0 })}, // of clone3 only
}

// numbered makes an enumeration of the names by their index.
func numbered(names []string) (enum []bit) {
	for i, n := range names {
		if n != "" {
			enum = append(enum, bit{uint64(i), n})
		}
	}
	return enum
}

func wordsOf(k format.Kind) *words {
	if k < format.KindLimit {
		return vocabulary[k]
	}
	return nil
}

// value is what the kernel takes of a register.
func (w *words) value(v uint64) uint64 {
	if !w.wide {
		v &= 1<<32 - 1
	}
	return v
}

// append appends the names of v: A|B|0x40, 0x40 is what has no name.
func (w *words) append(dst []byte, v uint64) []byte {
	v = w.value(v)
	begin := len(dst)
	mask := w.mask
	if mask == 0 && w.enum != nil {
		mask = ^uint64(0)
	}
	if w.enum != nil {
		part := v & mask
		name := find(w.enum, part)
		switch {
		case name != "":
			dst = append(dst, name...)
		case w.signed:
			dst = strconv.AppendInt(dst, int64(int32(part)), 10)
		case w.form != nil:
			dst = w.form(dst, part)
		case part != 0 || v == 0:
			dst = appendPointer(dst, part)
		}
		v &^= mask
	}
	permissions := v & 0o777
	if w.octal {
		v &^= permissions
	}
	if v != 0 {
		if len(dst) > begin {
			dst = append(dst, '|')
		}
		dst = bits(dst, v, w.bits, "|")
	}
	switch {
	case w.octal:
		if len(dst) > begin {
			dst = append(dst, '|')
		}
		if permissions != 0 {
			dst = append(dst, '0')
		}
		dst = append(dst, '0'+byte(permissions>>6), '0'+byte(permissions>>3&7), '0'+byte(permissions&7))
	case len(dst) == begin && w.zero != "":
		dst = append(dst, w.zero...)
	case len(dst) == begin:
		dst = append(dst, '0')
	}
	return dst
}

func find(table []bit, v uint64) string {
	for _, b := range table {
		if b.value == v {
			return b.name
		}
	}
	return ""
}
