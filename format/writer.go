package format

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// SyncBytes and SyncInterval bound what a crash of the machine can lose: a
// Write that finds this much, or data this old, not yet on disk waits for
// the disk. More often costs much (measured: fsync every 128 KiB 18 MB/s,
// every 1 MiB 216 MB/s).
const (
	SyncBytes    = 1 << 20
	SyncInterval = time.Second
)

// WriterOptions are the zero value by default.
type WriterOptions struct {
	Force bool  // replace an existing file
	Level Level // of compression
	// ID is the file's random id; zero for a fresh one. Only tests, which want
	// the same bytes every time, set it.
	ID [16]byte
	// Sign, if set, signs the final hash when the file is sealed.
	Sign ed25519.PrivateKey
	// Jobs is how many blocks that were given to Hand are encoded at a time, beside the caller; 0 is 1.
	Jobs int
}

// Writer writes a .trc file. Not for use by several goroutines.
//
// After an error the file holds the complete blocks before it and every
// further call returns the same error.
type Writer struct {
	w      io.Writer
	file   *os.File // nil for NewWriter; synced and cut only when regular
	reg    bool
	path   string
	enc    *encoder
	id     [16]byte
	sign   ed25519.PrivateKey
	at     int64 // bytes written
	synced int64
	when   time.Time // of the last sync
	chain  [32]byte
	blocks []BlockInfo
	rows   uint64
	lost   uint64
	events []uint64 // rows by event number
	hash   [32]byte
	err    error
	whole  bool // err came of a write that left no part of a block
	fast   bool
	fasts  uint64 // blocks written so
	closed bool

	jobs    int // of Hand
	level   Level
	pending []*handed
	idle    []*encoder // of blocks that were handed over and written
	spare   []*Batch
}

var errClosed = errors.New("the writer is closed")

// Create makes the file at path, writes its header and returns a writer for
// its blocks. The file must not exist unless opt.Force is set; a symbolic link
// is never followed; only the owner may read the file. "-" is the standard
// output. h.Version is ignored, an empty h.Table is filled in. When Create
// fails it leaves no file.
func Create(path string, h *Header, opt WriterOptions) (*Writer, error) {
	if path == "-" {
		return NewWriter(os.Stdout, h, opt)
	}
	f, regular, err := CreateFile(path, opt.Force)
	if err != nil {
		return nil, err
	}
	w, err := NewFileWriter(f, regular, path, h, opt)
	if err != nil {
		f.Close()
		if regular {
			os.Remove(path)
		}
	}
	return w, err
}

// NewFileWriter is Create for a file that CreateFile or CreateIn has opened,
// which it closes at its end, but not when it returns an error. path is the
// file's name in errors.
func NewFileWriter(f *os.File, regular bool, path string, h *Header, opt WriterOptions) (*Writer, error) {
	w, err := newWriter(f, h, opt)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", path, err)
	}
	w.file, w.reg, w.path = f, regular, path
	return w, nil
}

// NewWriter is Create for any destination, which it neither syncs nor closes.
func NewWriter(dst io.Writer, h *Header, opt WriterOptions) (*Writer, error) {
	return newWriter(dst, h, opt)
}

func newWriter(dst io.Writer, h *Header, opt WriterOptions) (*Writer, error) {
	if err := checkEndian(); err != nil {
		return nil, err
	}
	header := *h
	header.Version = Version
	if header.Table == "" {
		header.Table = TableDigest()
	}
	w := &Writer{w: dst, id: opt.ID, sign: opt.Sign, jobs: opt.Jobs, level: opt.Level, enc: newBlockEncoder(opt.Level), when: time.Now()}
	if w.id == [16]byte{} {
		rand.Read(w.id[:])
	}
	first, err := appendHead(nil, layoutOf(Version), &header, &w.id)
	if err != nil {
		return nil, err
	}
	w.chain = headChain(first)
	if err := w.write(first); err != nil {
		return nil, err
	}
	return w, nil
}

// headChain is the chain value that block 0 continues.
func headChain(first []byte) [32]byte { return sha256.Sum256(first) }

// Write writes b as one block and sets b.Seq. clock is the time now. An empty
// batch writes nothing. The batch may be reset and filled again afterwards.
// Columns that b does not have are written as zeros. A batch that is too large
// is a *LimitError and changes nothing.
func (w *Writer) Write(b *Batch, clock Clock) error { return w.WriteWithin(b, clock, 0) }

// ErrTooLarge says that a block would have more bytes than it may.
var ErrTooLarge = errors.New("the block is larger than there is room for")

// WriteWithin is Write, but writes nothing and returns ErrTooLarge when the
// block would have more than limit bytes; 0 is no limit.
func (w *Writer) WriteWithin(b *Batch, clock Clock, limit int64) error {
	if err := w.Drain(); err != nil {
		return err
	}
	if b.N == 0 {
		return w.maybeSync()
	}
	if err := w.enc.check(b); err != nil {
		return fmt.Errorf("%sblock %d: %w", pathPrefix(w.path), len(w.blocks), err)
	}
	w.enc.hurry = w.fast
	if w.fast {
		w.fasts++
	}
	b.Seq = w.rows
	info := BlockInfo{Number: uint64(len(w.blocks)), Seq: w.rows, Rows: b.N, Clock: clock}
	summarize(b, &info, w.lost)
	w.enc.seekTick(b)
	if err := w.enc.encode(b, &info, &w.id); err != nil {
		return w.fail(fmt.Errorf("block %d: %w", info.Number, err))
	}
	return w.append(w.enc, b, info, limit)
}

// append writes the block of b that enc has encoded behind those before.
func (w *Writer) append(enc *encoder, b *Batch, info BlockInfo, limit int64) error {
	info.Offset, info.Chain = w.at, w.chain
	block := enc.link(&info)
	if limit > 0 && int64(len(block)) > limit {
		return ErrTooLarge
	}
	if err := w.write(block); err != nil {
		return err
	}
	w.count(b)
	w.blocks = append(w.blocks, info)
	w.chain, w.lost = info.Chain, info.Lost
	w.rows += uint64(b.N)
	return w.maybeSync()
}

// summarize fills the zone map of a block, and what was lost until its end, lost of it before.
func summarize(b *Batch, info *BlockInfo, lost uint64) {
	z := Summarize(b)
	info.First, info.Last, info.MinPID, info.MaxPID, info.Events = z.First, z.Last, z.MinPID, z.MaxPID, z.Events
	info.Lost = lost
	if events := b.U16[ColEvent]; len(events) >= b.N && z.Events&EventBit(EventLost) != 0 {
		for i, e := range events[:b.N] {
			if EventID(e) == EventLost && len(b.U64[ColArg2]) > i {
				info.Lost += b.U64[ColArg2][i]
			}
		}
	}
}

// count counts the rows of a block that was written by event.
func (w *Writer) count(b *Batch) {
	events := b.U16[ColEvent]
	if len(events) < b.N {
		return
	}
	events = events[:b.N]
	for len(events) > 0 {
		e, n := events[0], 1 // most are the same as the one before
		for n < len(events) && events[n] == e {
			n++
		}
		events = events[n:]
		if int(e) >= len(w.events) {
			w.events = append(w.events, make([]uint64, int(e)+1-len(w.events))...)
		}
		w.events[e] += uint64(n)
	}
}

// write writes all of p, or leaves the file as it was.
func (w *Writer) write(p []byte) error {
	n, err := w.w.Write(p)
	if err == nil {
		w.at += int64(n)
		return nil
	}
	w.whole = n == 0
	if n > 0 && w.reg { // as good as we can: a full disk leaves complete blocks
		_, serr := w.file.Seek(w.at, io.SeekStart)
		w.whole = w.file.Truncate(w.at) == nil && serr == nil
	}
	return w.fail(fmt.Errorf("write: %w", cause(err)))
}

// Retry lets a writer go on whose last call could not write, for example
// because the disk was full, and says whether it can: the file ends behind its
// last complete block. What was to be written is not in the file.
func (w *Writer) Retry() bool {
	if w.closed || !w.whole {
		return false
	}
	w.err, w.whole = nil, false
	return true
}

func (w *Writer) fail(err error) error {
	if w.path != "" {
		err = fmt.Errorf("%s: %w", w.path, err)
	}
	w.err = err
	return err
}

// Fast compresses the next blocks less, and quicker, or as before.
func (w *Writer) Fast(on bool) { w.fast = on }

func (w *Writer) maybeSync() error {
	if w.at-w.synced >= SyncBytes || w.at > w.synced && time.Since(w.when) >= SyncInterval {
		return w.Sync()
	}
	return nil
}

// Sync waits until everything written is on disk. Write does so by itself
// after SyncBytes or SyncInterval.
func (w *Writer) Sync() error {
	if w.err != nil {
		return w.err
	}
	first := w.synced == 0
	w.synced, w.when = w.at, time.Now()
	if !w.reg {
		return nil
	}
	if err := w.file.Sync(); err != nil {
		return w.fail(fmt.Errorf("sync: %w", cause(err)))
	}
	if first {
		syncDir(w.path) // so that the file's name survives too
	}
	return nil
}

// cause is err without the path, which fail adds.
func cause(err error) error {
	if e, ok := err.(*os.PathError); ok {
		return e.Err
	}
	return err
}

// Close seals the file: index, totals, final hash. It sets Rows of what it
// writes of t, and Events and Lost if they are zero in t. If an earlier call
// failed, or sealing fails, the file stays unsealed.
func (w *Writer) Close(t *Totals) error {
	if w.closed {
		return errClosed
	}
	if err := w.Drain(); err != nil {
		w.Abort()
		return err
	}
	totals := *t
	totals.Rows, totals.Fast = w.rows, w.fasts
	if totals.Events == nil {
		totals.Events = map[string]uint64{}
		for e, n := range w.events {
			if n > 0 {
				totals.Events[EventName(EventID(e))] = n
			}
		}
	}
	if totals.Lost == 0 {
		totals.Lost = w.lost
	}
	end, hash, err := appendFooter(nil, Version, w.at, w.blocks, &w.chain, &totals, w.sign)
	if err != nil {
		w.fail(err)
	} else if w.write(end) == nil && w.Sync() == nil {
		w.hash = hash
	}
	err = w.err
	return errors.Join(err, w.Abort())
}

// Abort closes the file without sealing it: it stays as after a crash.
func (w *Writer) Abort() error {
	if w.closed {
		return nil
	}
	w.closed = true
	w.drop()
	if w.err == nil {
		w.err = errClosed
	}
	w.enc.free()
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}

// ID is the file's random id.
func (w *Writer) ID() [16]byte { return w.id }

// Hash is the final hash once Close has sealed the file, zero before.
func (w *Writer) Hash() [32]byte { return w.hash }

// BytesWritten is the length of the file so far.
func (w *Writer) BytesWritten() int64 { return w.at }

// Rows counts the rows written.
func (w *Writer) Rows() uint64 { return w.rows }

// Lost sums the counts of the EventLost rows written.
func (w *Writer) Lost() uint64 { return w.lost }

// Blocks counts the blocks written.
func (w *Writer) Blocks() int { return len(w.blocks) }
