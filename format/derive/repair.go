package derive

import (
	"errors"
	"fmt"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// Repaired says what came of a repair.
type Repaired struct {
	State   string   `json:"state"` // of the file that was read
	Blocks  int      `json:"blocks"`
	Rows    uint64   `json:"rows"`
	Marks   int      `json:"marks"`        // lost rows that stand where rows are missing; Rows are without them
	Missing uint64   `json:"missing_rows"` // known to have been written and not readable
	Lost    []string `json:"lost"`         // what is not in the new file, in words
	Intact  bool     `json:"intact"`       // nothing was wrong: no file was written
	Unknown bool     `json:"unknown"`      // more rows may have been in the damaged parts
}

// ErrNothing says that a file has no readable block.
var ErrNothing = errors.New("no block of it can be read: there is nothing to save")

// Repair writes all blocks of in that are whole to a new file, which it seals.
// Where rows are missing between them it puts an EventLost row of ClassDamaged,
// so that analysis makes nothing certain that they may have touched. The
// blocks of a sealed and intact file are not copied: no file is written.
func Repair(in *Input, o *Output) (*Repaired, error) {
	if err := o.check(in); err != nil {
		return nil, err
	}
	_, why := in.State()
	rep := &Repaired{Lost: []string{}}
	from, err := in.Salvage()
	if err != nil {
		return nil, err
	}
	// 1. What can be read, and what is lost: the header says it.
	good := make([]bool, from.BlockCount())
	damaged := false
	for i := range good {
		err := from.VerifyBlock(i)
		var corrupt *format.CorruptError
		switch {
		case err == nil:
			good[i] = true
			rep.Blocks++
		case errors.As(err, &corrupt):
			damaged = true
			rep.Lost = append(rep.Lost, inWords(corrupt))
		default:
			return nil, err
		}
	}
	if now, _ := from.State(); now == format.Corrupt || !in.places(from) {
		damaged = true
	}
	state, _ := in.State()
	if state == format.Sealed && !damaged {
		rep.State, rep.Intact, rep.Rows = state.String(), true, in.Rows()
		return rep, nil
	}
	if rep.State = state.String(); state == format.Sealed {
		rep.State = format.Corrupt.String() // its index is intact, its blocks are not
	}
	if rep.Blocks == 0 {
		return nil, fmt.Errorf("%s: %w", in.Path, ErrNothing)
	}
	holes := in.Holes()
	if len(holes) == 0 { // opened by its index, and blocks are not where that says
		holes = from.Holes()
	}
	for _, hole := range holes {
		rep.Lost = append(rep.Lost, inWords(hole))
		rep.Unknown = rep.Unknown || hole.Size > 0
	}
	if t, n := in.Totals(), from.BlockCount(); t != nil && n > 0 {
		if last := from.BlockInfo(n - 1); last.Seq+uint64(last.Rows) < t.Rows {
			rep.Lost = append(rep.Lost, fmt.Sprintf("the blocks behind block %d are missing", last.Number))
		}
	}
	var cut *format.CutError
	if errors.As(why, &cut) {
		rep.Lost = append(rep.Lost, fmt.Sprintf("the file ends at offset %d: %s; %s not a whole block", cut.Offset, cut.What, show.CountOf(uint64(cut.Size), "byte behind it is", "bytes behind it are")))
		// rows of a block that is not whole; without the index no row is missing
		rep.Unknown = rep.Unknown || cut.Size > 0 && cut.What == format.CutBlock
	}
	if in.Totals() == nil {
		rep.Lost = append(rep.Lost, "index and totals: how the recording ended is not known")
	}

	// 2. The file.
	h, err := o.header("repair", rep.Lost, in)
	if err != nil {
		return nil, err
	}
	w, err := o.create(h)
	if err != nil {
		return nil, err
	}
	err = rep.copy(w, from, good, in)
	t := carried(in, false)
	if in.Totals() == nil {
		t.Reason = "repaired: " + t.Reason
	}
	return rep, w.close(&t, err)
}

// inWords is damage as the header of the new file tells it.
func inWords(e *format.CorruptError) string {
	c := *e
	c.Path = "" // the header is no place for somebody's directories
	return c.Error()
}

// places says whether from has the blocks of in where in has them.
func (in *Input) places(from *format.Reader) bool {
	if from.BlockCount() != in.BlockCount() {
		return false
	}
	for i := range in.BlockCount() {
		if in.BlockInfo(i) != from.BlockInfo(i) {
			return false
		}
	}
	return true
}

// copy writes the good blocks, each as one, and a row for every gap.
func (rep *Repaired) copy(w *writing, from *format.Reader, good []bool, in *Input) error {
	var next uint64                     // sequence number that should follow
	since := in.Header().Clock.Boottime // a moment before the gap
	var b *format.Batch                 // reused
	gap := func(seq uint64, until int64) {
		if seq > next {
			var host uint16 // a row of a block's own host, as far as that is known
			if b != nil && b.N > 0 {
				host = b.U16[format.ColHost][0]
			}
			defer func() { w.batch.U16[format.ColHost][w.batch.N-1] = host }()
			rep.Missing += seq - next
			rep.Marks++
			lostRow(w.batch, next, seq-1, since, max(until, since))
		}
	}
	for i := range good {
		if !good[i] {
			continue
		}
		info := from.BlockInfo(i)
		var err error
		if b, err = from.ReadBlock(i, nil, b); err != nil {
			return err
		}
		gap(info.Seq, b.I64[format.ColTime][0]+b.I64[format.ColDuration][0])
		next, since = info.Seq+uint64(info.Rows), info.Last
		rep.Rows += uint64(b.N)
		if err := w.add(b, all(nil, b.N), info.Clock); err != nil {
			return err
		}
		if err := w.flush(); err != nil {
			return err
		}
	}
	if t := in.Totals(); t != nil {
		gap(t.Rows, t.Ended.Boottime)
	} else if n := from.BlockCount(); n > 0 { // blocks that are there but damaged
		last := from.BlockInfo(n - 1)
		gap(last.Seq+uint64(last.Rows), last.Clock.Boottime)
	}
	return nil
}

// lostRow appends a row that says that rows first to last of the file that was
// repaired are missing, written between two moments.
func lostRow(b *format.Batch, first, last uint64, since, until int64) {
	i := b.Append()
	b.I64[format.ColTime][i] = until
	b.U16[format.ColEvent][i] = uint16(format.EventLost)
	for n, v := range [...]uint64{0, uint64(format.ClassDamaged), last - first + 1, first, last, uint64(since)} {
		b.U64[int(format.ColArg0)+n][i] = v
	}
}
