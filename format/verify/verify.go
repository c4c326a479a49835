package verify

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// State is what came of a check.
type State string

// States of a check.
const (
	OK         State = "ok"
	Failed     State = "failed"
	NotChecked State = "not checked"
)

// Names of the checks, in the order of a report.
const (
	Structure = "structure" // checksums, decoding, blocks complete and in their places
	Seal      = "seal"      // index, totals, final hash
	Chain     = "chain"     // SHA-256 from the first message to the last block
	Signature = "signature"
	Order     = "order"   // sequence numbers, calls of each task
	Pairing   = "pairing" // every call has one row, with its enter and exit
	Zones     = "zones"   // what a block says about its rows, by which readers skip it
	Loss      = "loss"    // read + lost = seen; rows and events as the totals say
	Segments  = "segments"
)

var names = []string{Structure, Seal, Chain, Signature, Order, Pairing, Zones, Loss, Segments}

// Check is one line of a report.
type Check struct {
	Name   string `json:"name"`
	State  State  `json:"state"`
	Detail string `json:"detail"`
}

// Problem is one thing that is wrong.
type Problem struct {
	Check  string  `json:"check"`
	Offset int64   `json:"offset"` // bytes from the begin of the file; -1 when it has no place
	Block  *uint64 `json:"block,omitempty"`
	What   string  `json:"what"`
}

// Report is what is known of a file.
type Report struct {
	File     string          `json:"file"`
	State    string          `json:"state"` // of the file: format.State
	Hash     string          `json:"hash,omitempty"`
	Key      string          `json:"key,omitempty"` // that the file names as its signer, hex
	Blocks   int             `json:"blocks"`
	Rows     uint64          `json:"rows"`
	Lost     uint64          `json:"lost"` // records that are missing, as the file itself says
	Calls    Calls           `json:"calls"`
	Checks   []Check         `json:"checks"`
	Problems []Problem       `json:"problems"` // the first MaxProblems
	More     int             `json:"more_problems,omitempty"`
	Sealed   bool            `json:"sealed"`
	Segment  *format.Segment `json:"segment,omitempty"`
	Origin   []format.Origin `json:"origin,omitempty"`
	id       [16]byte
	notes    map[string]Check
	failed   map[string]int
}

// Calls counts the rows of syscalls by what they have.
type Calls struct {
	Paired  uint64 `json:"paired"` // enter and exit
	NoEnter uint64 `json:"no_enter"`
	Began   uint64 `json:"no_enter_began"` // of these: the task came into scope inside the call
	NoExit  uint64 `json:"no_exit"`
	Skipped uint64 `json:"skipped"` // numbers between two calls of a task that have no row: lost, or not asked for
}

// MaxProblems is how many problems a report lists; the others are counted.
const MaxProblems = 100

// Good says whether nothing is wrong; a file that is not sealed may be good as
// far as it goes.
func (r *Report) Good() bool { return len(r.Problems) == 0 }

// OnlySignature says that the file is what its recorder wrote, but not signed as
// was demanded.
func (r *Report) OnlySignature() bool {
	for _, p := range r.Problems {
		if p.Check != Signature {
			return false
		}
	}
	return len(r.Problems) > 0 && r.More == 0
}

func (r *Report) problem(check string, offset int64, block *uint64, f string, args ...any) {
	r.failed[check]++
	if len(r.Problems) == MaxProblems {
		r.More++
		return
	}
	r.Problems = append(r.Problems, Problem{check, offset, block, fmt.Sprintf(f, args...)})
}

func (r *Report) note(check string, state State, f string, args ...any) {
	r.notes[check] = Check{check, state, fmt.Sprintf(f, args...)}
}

// File checks one file. key, if not nil, is the one that must have signed it.
func File(f *format.Reader, path string, key ed25519.PublicKey) (*Report, error) {
	if f.File() != f.Path() {
		return nil, fmt.Errorf("%s is a part of a file: verify %s, all of it", f.Path(), f.File())
	}
	state, _ := f.State()
	id := f.ID()
	r := &Report{
		File: path, State: state.String(), Sealed: state == format.Sealed, Segment: f.Header().Segment, Origin: f.Header().Origin,
		Problems: []Problem{}, id: id, notes: map[string]Check{}, failed: map[string]int{},
	}
	if hash, ok := f.Hash(); ok {
		r.Hash = hex.EncodeToString(hash[:])
	}
	rows := newRows(r)
	rows.hosts = len(f.Header().Hosts)
	if err := r.blocks(f, rows); err != nil {
		return nil, err
	}
	r.seal(f)
	r.signature(f, key)
	rows.finish(f)
	r.conclude()
	return r, nil
}

// blocks reads everything.
func (r *Report) blocks(f *format.Reader, rows *rows) error {
	before := r.failed[Structure]
	i := 0
	for b, err := range f.Blocks(format.ReadOptions{Verify: true}) {
		var corrupt *format.CorruptError
		switch {
		case errors.As(err, &corrupt):
			r.problem(Structure, corrupt.Offset, nil, "%s", corrupt.What)
			rows.gap = true
			continue
		case err != nil:
			return err
		}
		for f.BlockInfo(i).Seq != b.Seq { // blocks that could not be read have none
			i++
		}
		info := f.BlockInfo(i)
		r.Blocks++
		rows.block(b, &info)
	}
	damaged := r.failed[Structure] > before
	if damaged {
		if err := r.places(f); err != nil {
			return err
		}
	}
	r.note(Structure, OK, "%s, every checksum", show.Count(uint64(r.Blocks), "block"))
	switch {
	case damaged:
		r.note(Chain, NotChecked, "beyond the damage")
	default:
		r.note(Chain, OK, "from the first message to the last block")
	}
	return nil
}

// places names blocks that stand where they should not.
func (r *Report) places(f *format.Reader) error {
	found, err := f.Survey()
	if err != nil {
		return err
	}
	seen := map[uint64]bool{}
	var next uint64
	for i := range found {
		b := &found[i]
		n := b.Number
		switch {
		case seen[n]:
			r.problem(Structure, b.Offset, &n, "block %d stands here once more", n)
		case n < next:
			r.problem(Structure, b.Offset, &n, "block %d stands behind block %d: out of order", n, next-1)
		}
		seen[n] = true
		next = max(next, n+1)
	}
	for n, missing := uint64(0), 0; n < next && missing < MaxProblems; n++ {
		if !seen[n] {
			r.problem(Structure, -1, &n, "block %d is not in the file, or its description is damaged", n)
			missing++
		}
	}
	return nil
}

func (r *Report) seal(f *format.Reader) {
	state, why := f.State()
	if f.Totals() != nil {
		r.note(Seal, OK, "index, totals and final hash")
		return
	}
	var cut *format.CutError
	switch {
	case errors.As(why, &cut):
		r.note(Seal, NotChecked, "not sealed: %s", cut.What)
	case state == format.Corrupt:
		r.problem(Seal, -1, nil, "the file has no intact index, totals and final hash: what it should contain is not known")
	}
}

func (r *Report) signature(f *format.Reader, key ed25519.PublicKey) {
	named := f.SigningKey()
	if named != nil {
		r.Key = format.KeyID(named)
	}
	err := f.CheckSignature(key)
	switch {
	case named == nil && key == nil:
		r.note(Signature, NotChecked, "not signed: note the final hash elsewhere, or record with --sign")
	case err != nil:
		r.problem(Signature, -1, nil, "%v", err)
	case key == nil:
		r.note(Signature, NotChecked, "fits the key that the file names, %s: give the key you trust by --key", r.Key)
	default:
		r.note(Signature, OK, "by the given key %s", r.Key)
	}
}

// conclude makes Checks of what was found.
func (r *Report) conclude() {
	r.Checks = r.Checks[:0]
	for _, name := range names {
		if n := r.failed[name]; n == 1 {
			r.Checks = append(r.Checks, Check{name, Failed, "1 problem"})
		} else if n > 1 {
			r.Checks = append(r.Checks, Check{name, Failed, show.Count(uint64(n), "problem")})
		} else if note, ok := r.notes[name]; ok {
			r.Checks = append(r.Checks, note)
		}
	}
}
