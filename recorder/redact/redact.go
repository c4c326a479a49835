package redact

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"slices"

	"github.com/tracerec/tracerec/format"
)

// Redaction keeps what matches out of the trace.
type Redaction struct {
	Patterns []string // of arguments and path names; of one with a group, the group is replaced
	KeyFile  string   // the key of the hashes; "" for a random one, which is kept nowhere
}

// Redactor replaces what matches in paths and arguments by a keyed hash of it.
// Views that differ still differ, and those that are equal are equal, so that
// every verdict is what it would have been. A nil one changes nothing.
type Redactor struct {
	patterns []*regexp.Regexp
	key      []byte
	known    [cuts]map[uint32]uint32 // of the batch at hand: references to strings, redacted
	out      *format.Batch
}

// New compiles the patterns and reads the key; nil where nothing is to be redacted.
func New(r *Redaction) (*Redactor, error) {
	if len(r.Patterns) == 0 {
		if r.KeyFile != "" {
			return nil, fmt.Errorf("a key for hashes, but nothing to redact: give --redact")
		}
		return nil, nil
	}
	d := &Redactor{}
	for c := range d.known {
		d.known[c] = map[uint32]uint32{}
	}
	for _, p := range r.Patterns {
		re, err := regexp.Compile(p)
		if err != nil {
			return nil, fmt.Errorf("--redact: %w", err)
		}
		if re.MatchString("") {
			return nil, fmt.Errorf("--redact %q matches the empty string: it says nothing", p)
		}
		d.patterns = append(d.patterns, re)
	}
	if r.KeyFile == "" {
		d.key = make([]byte, 32)
		rand.Read(d.key)
		return d, nil
	}
	var err error
	if d.key, err = os.ReadFile(r.KeyFile); err != nil {
		return nil, fmt.Errorf("--redact-hash: %w", err)
	}
	if len(d.key) < 16 {
		return nil, fmt.Errorf("--redact-hash %s: %d bytes can be guessed: make a key by head -c 32 /dev/urandom", r.KeyFile, len(d.key))
	}
	return d, nil
}

// Header marks the trace as redacted, and redacts the command lines in it.
func (d *Redactor) Header(h *format.Header, r *Redaction) {
	if d == nil {
		return
	}
	h.Redacted = &format.Redacted{Patterns: r.Patterns, Key: d.token([]byte("the key itself"))}
	for _, args := range []*[]string{&h.Command, &h.Args} {
		kept := make([]string, len(*args))
		for i, a := range *args {
			kept[i] = string(d.text([]byte(a), cutArgs))
		}
		*args = kept
	}
}

// token stands for a value. It has no slash, so that a path keeps its parts.
func (d *Redactor) token(value []byte) string {
	mac := hmac.New(sha256.New, d.key)
	mac.Write(value)
	return "[redacted:" + hex.EncodeToString(mac.Sum(nil)[:8]) + "]"
}

// cut says into which parts a value is cut, each of which is matched for itself.
// Two views of an argument that a witness takes for equal must be cut alike, or
// they would differ when they are redacted.
type cut uint8

const (
	cutArgs    cut = iota // names, and arguments that end in NULs
	cutOptions            // of a mount: the kernel puts a NUL where a comma was
	cutHead               // bytes of which a security hook keeps the first (format.HeadKept)
	cuts
)

// text is value redacted; value itself when nothing matches.
func (d *Redactor) text(value []byte, c cut) []byte {
	separators := "\x00"
	switch {
	case c == cutHead && len(value) > format.HeadKept:
		head, rest := d.text(value[:format.HeadKept], c), d.text(value[format.HeadKept:], cutArgs)
		return slices.Concat(head, rest)
	case c == cutOptions:
		separators = "\x00,"
	}
	var out []byte
	changed := false
	for rest := value; ; {
		n := bytes.IndexAny(rest, separators)
		part := rest
		if n >= 0 {
			part = rest[:n]
		}
		redacted, matched := d.part(part)
		out = append(out, redacted...)
		changed = changed || matched
		if n < 0 {
			break
		}
		out = append(out, rest[n])
		rest = rest[n+1:]
	}
	if !changed {
		return value
	}
	return out
}

// part is one part redacted, and whether anything of it matched.
func (d *Redactor) part(part []byte) (_ []byte, matched bool) {
	for _, re := range d.patterns {
		group := 0
		if re.NumSubexp() > 0 {
			group = 1
		}
		var out []byte
		last := 0
		for _, m := range re.FindAllSubmatchIndex(part, -1) {
			from, to := m[2*group], m[2*group+1]
			if from < 0 || from == to {
				continue
			}
			out = append(append(out, part[last:from]...), d.token(part[from:to])...)
			last = to
		}
		if last > 0 {
			part, matched = append(out, part[last:]...), true
		}
	}
	return part, matched
}

// Batch is b redacted: b itself, or a copy without the strings that were
// replaced, valid until the next call.
func (d *Redactor) Batch(b *format.Batch) *format.Batch {
	if d == nil || b.N == 0 {
		return b
	}
	for c := range d.known {
		clear(d.known[c])
	}
	changed := false
	for i := range b.N {
		for _, c := range textColumns(b, i) {
			ref := b.U32[c.col][i]
			if ref == 0 {
				continue
			}
			to, ok := d.known[c.cut][ref]
			if !ok {
				to = ref
				old := b.Dict.Bytes(ref)
				if text := d.text(old, c.cut); !bytes.Equal(text, old) {
					to = b.Dict.Ref(text)
				}
				d.known[c.cut][ref], d.known[c.cut][to] = to, to
			}
			if to != ref {
				b.U32[c.col][i] = to
				changed = true
			}
		}
	}
	if !changed {
		return b
	}
	// A dictionary is written as it is: what nothing refers to must not be in it.
	if d.out == nil {
		d.out = format.NewBatch(0)
	}
	d.out.Reset()
	all := make([]int, b.N)
	for i := range all {
		all[i] = i
	}
	new(format.Copier).Append(d.out, b, all)
	return d.out
}

// textColumn is a column with names, arguments or other bytes of a program's own.
type textColumn struct {
	col format.ColumnID
	cut cut
}

// textColumns are those of row i.
func textColumns(b *format.Batch, i int) []textColumn {
	e := format.EventID(b.U16[format.ColEvent][i])
	if e == format.EventSyscall {
		return textOfCall(format.ABI(b.U8[format.ColABI][i]), b.I32[format.ColNR][i])
	}
	if int(e) >= len(textOfEvent) {
		return nil
	}
	return textOfEvent[e]
}

func isText(k format.Kind) bool {
	return k == format.KindPath || k.Strings() || k == format.KindString || k == format.KindText
}

// cutOf says how a view is cut; ok is false of structs, which mean numbers.
func cutOf(v *format.ArgView) (c cut, ok bool) {
	for _, w := range v.Witness {
		if w.Compare == format.CompareHead {
			c = cutHead
		}
	}
	if v.Shape == format.ShapeOptions {
		c = cutOptions
	}
	blob := v.Kind == format.KindBytes && v.LenArg >= 0 && v.Unit <= 1 // a value, a key's payload
	return c, isText(v.Kind) || blob
}

// textOfEvent are those of events, by number.
var textOfEvent = func() [][]textColumn {
	all := make([][]textColumn, len(format.Events))
	for e := range format.Events {
		for _, f := range format.Events[e].Fields {
			kind := f.Kind
			if kind == format.KindNone {
				kind = format.Columns[f.Col].Kind
			}
			blob := kind == format.KindBytes && format.EventID(e) != format.EventSemSemop
			// A view may be of any argument.
			if format.Columns[f.Col].Type == format.Bytes && (isText(kind) || blob || f.Col == format.ColPath || format.EventID(e) == format.EventView) {
				all[e] = append(all[e], textColumn{f.Col, cutArgs})
			}
		}
	}
	return all
}()

// textOfCalls are those of syscalls, by ABI and number.
var textOfCalls = func() map[[2]int32][]textColumn {
	all := map[[2]int32][]textColumn{}
	for i := range format.Syscalls {
		sc := &format.Syscalls[i]
		var columns []textColumn
		for k := range sc.Views {
			if cut, ok := cutOf(&sc.Views[k]); ok {
				s := &format.Slots[k]
				columns = append(columns, textColumn{s.Enter, cut}, textColumn{s.Kernel, cut}, textColumn{s.Exit, cut})
			}
		}
		if sc.Object == format.ObjectRetFD || sc.Object == format.ObjectSelf {
			columns = append(columns, textColumn{format.ColPath, cutArgs})
		}
		for abi := format.ABIAMD64; abi <= format.ABIARM32; abi++ {
			if sc.Has(abi) && columns != nil {
				all[[2]int32{int32(abi), int32(sc.NR[abi])}] = columns
			}
		}
	}
	return all
}()

func textOfCall(abi format.ABI, nr int32) []textColumn {
	return textOfCalls[[2]int32{int32(abi), nr}]
}
