//go:build linux

package recorder

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"regexp"

	"github.com/tracerec/tracerec/format"
)

// Redaction keeps what matches out of the trace.
type Redaction struct {
	Patterns []string // of arguments and path names; of one with a group, the group is replaced
	KeyFile  string   // the key of the hashes; "" for a random one, which is kept nowhere
}

// redactor replaces what matches in paths and arguments by a keyed hash of it.
// Views that differ still differ, and those that are equal are equal, so that
// every verdict is what it would have been. A nil redactor changes nothing.
type redactor struct {
	patterns []*regexp.Regexp
	key      []byte
	known    map[uint32]uint32 // of the batch at hand: references to strings, redacted
	out      *format.Batch
}

func newRedactor(r *Redaction) (*redactor, error) {
	if len(r.Patterns) == 0 {
		if r.KeyFile != "" {
			return nil, fmt.Errorf("a key for hashes, but nothing to redact: give --redact")
		}
		return nil, nil
	}
	d := &redactor{known: map[uint32]uint32{}}
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

// header marks the trace as redacted, and redacts the command lines in it.
func (d *redactor) header(h *format.Header, r *Redaction) {
	if d == nil {
		return
	}
	h.Redacted = &format.Redacted{Patterns: r.Patterns, Key: d.token([]byte("the key itself"))}
	for _, args := range []*[]string{&h.Command, &h.Args} {
		kept := make([]string, len(*args))
		for i, a := range *args {
			kept[i] = string(d.text([]byte(a)))
		}
		*args = kept
	}
}

// token stands for a value. It has no slash, so that a path keeps its parts.
func (d *redactor) token(value []byte) string {
	mac := hmac.New(sha256.New, d.key)
	mac.Write(value)
	return "[redacted:" + hex.EncodeToString(mac.Sum(nil)[:8]) + "]"
}

// text is value, a name or arguments that end in NULs, redacted; value itself
// when nothing matches.
func (d *redactor) text(value []byte) []byte {
	changed := false
	parts := bytes.Split(value, []byte{0})
	for i, part := range parts {
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
				part, changed = append(out, part[last:]...), true
			}
		}
		parts[i] = part
	}
	if !changed {
		return value
	}
	return bytes.Join(parts, []byte{0})
}

// batch is b redacted: b itself, or a copy without the strings that were
// replaced, valid until the next call.
func (d *redactor) batch(b *format.Batch) *format.Batch {
	if d == nil || b.N == 0 {
		return b
	}
	clear(d.known)
	changed := false
	for i := range b.N {
		for _, c := range textColumns(b, i) {
			ref := b.U32[c][i]
			if ref == 0 {
				continue
			}
			to, ok := d.known[ref]
			if !ok {
				to = ref
				old := b.Dict.Bytes(ref)
				if text := d.text(old); !bytes.Equal(text, old) {
					to = b.Dict.Ref(text)
				}
				d.known[ref], d.known[to] = to, to
			}
			if to != ref {
				b.U32[c][i] = to
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
	new(format.Copier).Append(d.out, b, span(0, b.N))
	return d.out
}

// textColumns are the columns of row i that hold names and arguments.
func textColumns(b *format.Batch, i int) []format.ColumnID {
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

// textOfEvent are those of events, by number.
var textOfEvent = func() [][]format.ColumnID {
	all := make([][]format.ColumnID, len(format.Events))
	for e := range format.Events {
		for _, f := range format.Events[e].Fields {
			kind := f.Kind
			if kind == format.KindNone {
				kind = format.Columns[f.Col].Kind
			}
			// A view may be of any argument.
			if format.Columns[f.Col].Type == format.Bytes && (isText(kind) || f.Col == format.ColPath || format.EventID(e) == format.EventView) {
				all[e] = append(all[e], f.Col)
			}
		}
	}
	return all
}()

// textOfCalls are those of syscalls, by ABI and number.
var textOfCalls = func() map[[2]int32][]format.ColumnID {
	all := map[[2]int32][]format.ColumnID{}
	for i := range format.Syscalls {
		sc := &format.Syscalls[i]
		var columns []format.ColumnID
		for k := range sc.Views {
			if isText(sc.Views[k].Kind) {
				s := &format.Slots[k]
				columns = append(columns, s.Enter, s.Kernel, s.Exit)
			}
		}
		if sc.Object == format.ObjectRetFD || sc.Object == format.ObjectSelf {
			columns = append(columns, format.ColPath)
		}
		for abi := format.ABIAMD64; abi <= format.ABIARM32; abi++ {
			if sc.Has(abi) && columns != nil {
				all[[2]int32{int32(abi), int32(sc.NR[abi])}] = columns
			}
		}
	}
	return all
}()

func textOfCall(abi format.ABI, nr int32) []format.ColumnID {
	return textOfCalls[[2]int32{int32(abi), nr}]
}
