package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"sync"
	"sync/atomic"
)

// Reader reads a .trc file. Its methods may be called by several goroutines.
type Reader struct {
	r      io.ReaderAt
	size   int64
	path   string
	closer io.Closer
	head   *head
	blocks []BlockInfo
	holes  []gap
	totals *Totals
	hash   [32]byte
	sig    signature
	state  State
	detail error // why state is not Sealed
	found  atomic.Pointer[CorruptError]
	at     atomic.Int64 // end of the block that was read last

	// Of a file of several hosts: hosts.go.
	hostsOnce sync.Once
	hosts     hostBlocks
	whole     *Reader // of which this one reads one host; nil for a whole file
	index     []int   // of each block in whole
	suffix    string  // of path, which chose the host
}

// gap is damage between blocks.
type gap struct {
	before int // index of the block behind it
	err    *CorruptError
}

// Open opens the file at path; "-" reads all of the standard input into
// memory. A damaged or unfinished file opens too, as long as its beginning
// is recognised: see State. A file of a newer version is a VersionError.
// Where no file has that name, FILE@HOST is one host's part of a file of
// several, by its number, name or boot id.
func Open(path string) (*Reader, error) {
	if path == "-" {
		all, err := io.ReadAll(os.Stdin)
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		r, err := newReader(bytes.NewReader(all), int64(len(all)), "")
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		return r, nil
	}
	f, err := os.Open(path)
	if err != nil {
		if file, host, ok := hostOf(path, err); ok {
			return openHost(file, host, err)
		}
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file: copy it to one first", path)
		if info.IsDir() {
			err = fmt.Errorf("%s: is a directory: give the recordings in it", path)
		}
	}
	var r *Reader
	if err == nil {
		r, err = newReader(f, info.Size(), path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	r.closer = f
	return r, nil
}

func openHost(file, host string, missing error) (*Reader, error) {
	r, err := Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing // the name that was given
	}
	if err != nil {
		return nil, err
	}
	v, err := r.chooseHost(host)
	if err != nil {
		r.Close()
	}
	return v, err
}

// Size is the length of the file in bytes.
func (r *Reader) Size() int64 { return r.size }

// At is how far into the file it was read last, in bytes, for somebody who waits.
// It may be called while the file is read.
func (r *Reader) At() int64 { return r.at.Load() }

// Path is the name that the file was opened by, "" for standard input. For one
// host's part of a file it is FILE@NUMBER.
func (r *Reader) Path() string { return r.path }

// NewReader is Open for any source of size bytes.
func NewReader(r io.ReaderAt, size int64) (*Reader, error) { return newReader(r, size, "") }

// Close closes the file.
func (r *Reader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// Header describes the recording. Where the header itself is damaged it is
// empty but for what could still be read.
func (r *Reader) Header() *Header { return &r.head.header }

// Totals are nil unless the file was sealed.
func (r *Reader) Totals() *Totals { return r.totals }

// Hash is the final hash, over everything in the file; false unless the file
// was sealed. Opening has checked that it fits index and totals, not that the
// blocks fit the index: VerifyBlock does.
func (r *Reader) Hash() (sum [32]byte, ok bool) { return r.hash, r.totals != nil }

// ID is the random id that the file and all its blocks carry.
func (r *Reader) ID() [16]byte { return r.head.id }

// State says how the file ends, and unless it is Sealed, why and where: a
// *CutError or the first *CorruptError. Opening finds damage to the structure
// of a file; damage within a block is found, and reported here from then on,
// when the block is read.
func (r *Reader) State() (State, error) {
	if r.whole != nil {
		return r.whole.State()
	}
	if e := r.found.Load(); e != nil && r.state != Corrupt {
		return Corrupt, e
	}
	return r.state, r.detail
}

// BlockCount counts the blocks that can be read.
func (r *Reader) BlockCount() int { return len(r.blocks) }

// BlockInfo is what block i says about itself, 0 <= i < BlockCount().
func (r *Reader) BlockInfo(i int) BlockInfo { return r.blocks[i] }

// Rows counts the rows of all blocks that can be read.
func (r *Reader) Rows() (n uint64) {
	for i := range r.blocks {
		n += uint64(r.blocks[i].Rows)
	}
	return n
}

// Holes is the damage found between blocks, in file order.
func (r *Reader) Holes() []*CorruptError {
	holes := make([]*CorruptError, len(r.holes))
	for i := range r.holes {
		holes[i] = r.holes[i].err
	}
	return holes
}

// ReadOptions choose what Blocks reads; the zero value is everything.
type ReadOptions struct {
	Columns  []ColumnID // only these; nil for all
	From, To int64      // only blocks with a time t, From <= t < To; To 0 is no end
	Events   []EventID  // only blocks with one of these; nil for all
	First    int        // no block before the one of this number
	Verify   bool       // check the SHA-256 chain too; checksums always are
	Fresh    bool       // a batch of its own for each block, instead of one reused
	Jobs     int        // how many blocks are decoded at a time; 0 for one per processor, 4 at most
}

// Wants says whether a block can hold what the options ask for. From, To and
// Events choose blocks, not rows: a block that is read is read whole.
func (o *ReadOptions) Wants(i *BlockInfo) bool {
	if i.Last < o.From && o.From != 0 || o.To != 0 && i.First >= o.To {
		return false
	}
	if o.Events == nil {
		return true
	}
	var mask uint64
	for _, e := range o.Events {
		mask |= EventBit(e)
	}
	return i.Events&mask != 0
}

// Blocks reads the blocks in order, some of them ahead. Damage is yielded in its place as a
// *CorruptError with a nil batch; the iteration goes on behind it if the
// caller does. That a file is unfinished is not an error: see State. A batch is valid until
// the next one.
func (r *Reader) Blocks(opt ReadOptions) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		var chosen []int
		for i := range r.blocks {
			if i >= opt.First && opt.Wants(&r.blocks[i]) {
				chosen = append(chosen, i)
			}
		}
		var next func() decoded
		var stop func()
		if jobs := opt.jobs(r, chosen); jobs > 1 {
			next, stop = r.ahead(&opt, chosen, jobs)
		} else {
			next, stop = r.inTurn(&opt, chosen)
		}
		defer stop()
		holes := r.holes
		for i := range len(r.blocks) + 1 {
			for ; len(holes) > 0 && holes[0].before == i; holes = holes[1:] {
				if opt.First > 0 && i <= opt.First {
					continue // what is missing was before
				}
				if !yield(nil, holes[0].err) {
					return
				}
			}
			if len(chosen) == 0 || chosen[0] != i {
				continue
			}
			chosen = chosen[1:]
			got := next()
			r.note(got.err)
			if !yield(got.batch, got.err) {
				return
			}
		}
	}
}

// ReadBlock reads the columns cols (nil for all) of block i into dst, whose
// memory it uses, or into a new batch when dst is nil. A damaged block is a
// *CorruptError; dst is then empty.
func (r *Reader) ReadBlock(i int, cols []ColumnID, dst *Batch) (*Batch, error) {
	if dst == nil {
		dst = &Batch{}
	}
	want := wanted(cols)
	if k := dst.kept; k != nil {
		k.reader, k.block = r, i
		if err := r.read(&k.decoder, i, &want, dst, false); err != nil {
			return nil, r.note(err)
		}
		return dst, nil
	}
	d := decoderPool.Get().(*decoder)
	defer decoderPool.Put(d)
	if err := r.read(d, i, &want, dst, false); err != nil {
		return nil, r.note(err)
	}
	return dst, nil
}

// VerifyBlock reads block i whole, checks its checksums and that it continues
// the block before it.
func (r *Reader) VerifyBlock(i int) error {
	d := decoderPool.Get().(*decoder)
	defer decoderPool.Put(d)
	want := wanted(nil)
	return r.note(r.read(d, i, &want, &d.scratch, true))
}

// note keeps the first damage that a caller was told of for State, and returns err.
func (r *Reader) note(err error) error {
	if r.whole != nil {
		return r.whole.note(err)
	}
	if e, ok := err.(*CorruptError); ok {
		r.found.CompareAndSwap(nil, e)
	}
	return err
}

func wanted(cols []ColumnID) (want [NumColumns]bool) {
	for i := range want {
		want[i] = cols == nil
	}
	for _, c := range cols {
		want[c] = true
	}
	return want
}

// read reads a block. Whatever goes wrong, dst then holds no rows.
func (r *Reader) read(d *decoder, i int, want *[NumColumns]bool, dst *Batch, verify bool) (err error) {
	info := &r.blocks[i]
	r.at.Store(info.Offset + info.Size)
	if r.whole != nil {
		if err := r.whole.read(d, r.index[i], want, dst, verify); err != nil {
			return err
		}
		dst.Seq = info.Seq
		clear(dst.U16[ColHost]) // rows of a recording of one host
		return nil
	}
	what, err := r.decode(d, i, want, dst, verify)
	if err == nil && what == "" {
		return nil
	}
	*dst = Batch{Dict: NewDict()}
	if err != nil {
		return fmt.Errorf("%sread block %d at offset %d: %w", pathPrefix(r.path), info.Number, info.Offset, err)
	}
	return &CorruptError{Path: r.path, Offset: info.Offset, Size: info.Size, What: fmt.Sprintf("block %d: %s", info.Number, what)}
}

func (r *Reader) decode(d *decoder, i int, want *[NumColumns]bool, dst *Batch, verify bool) (what problem, err error) {
	defer func() {
		if p := recover(); p != nil { // a bug of ours: the checks should have been enough
			what = fmt.Sprint("it cannot be decoded: ", p)
		}
	}()
	info := &r.blocks[i]
	if d.more {
		return d.columns(r.head.layout, want, dst), nil
	}
	d.have, d.strings = 0, false
	d.block = resize(d.block, int(info.Size)) // lies within the file: see scan and index
	if err := readFull(r.r, d.block, info.Offset); err != nil {
		return "", err
	}
	l := r.head.layout
	if what := l.split(d.block, &r.head.id, &d.parts); what != "" {
		return what, nil
	}
	if d.parts.info.Offset = info.Offset; d.parts.info != *info {
		if got := d.parts.info.Number; got != info.Number {
			return fmt.Sprintf("block %d stands in its place", got), nil
		}
		return "it is not the block that the index describes: it was altered or replaced", nil
	}
	if before, known := r.chainBefore(i); verify && known && l.chainOf(before, d.block, &d.parts) != info.Chain {
		if info.Number == 0 {
			return "it does not continue the header: one of the two was altered", nil
		}
		return fmt.Sprintf("it does not continue block %d: one of the two was altered", info.Number-1), nil
	}
	return d.columns(l, want, dst), nil
}

// chainBefore is the chain value that block i continues, unknown behind a hole.
func (r *Reader) chainBefore(i int) (*[32]byte, bool) {
	if r.blocks[i].Number == 0 {
		return &r.head.chain, r.head.size > 0
	}
	if i == 0 || r.blocks[i-1].Number+1 != r.blocks[i].Number {
		return nil, false
	}
	return &r.blocks[i-1].Chain, true
}

// readFull reads all of p; the end of the file is an error.
func readFull(r io.ReaderAt, p []byte, at int64) error {
	n, err := r.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
