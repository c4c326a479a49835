//go:build linux

package recorder

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/recorder/redact"
)

// output is where a recording goes: a file, or files that follow each other.
// All of it happens under one lock: blocks come from the drain's writer, the
// clock and requests (a signal, the control socket) from goroutines of their own.
type output struct {
	opt   *Options
	rot   Rotation
	log   *slog.Logger
	names fileNames
	dir   *os.Root    // of the files; nil for standard output and devices
	stop  chan string // why the recording is to end

	rotating sync.Mutex // by request: one at a time; taken before mu

	guarded
	w       *format.Writer
	header  format.Header // of the file being written
	file    string        // its name in dir
	src     *os.File      // it, to be read; nil where it is no regular file
	ended   bool          // closed
	began   time.Time
	base    int // bytes of the file before its first row of its own
	kept    []string
	total   Written // of the files before
	segRead uint64  // records read before this file
	read    uint64  // until now
	behind  bool    // the reader is
	through int64   // when the last of the rows so far was written, by the kernel
	per     float64 // bytes of a row, of late
	redact  *redact.Redactor
	carry   *carry
	part    *format.Batch
	clocks  clockWatch
	spare   *spare
	after   *after
	next    time.Time // not before: the next file could not be made
	syncs   syncTimes
}

// fast implements sink.
func (o *output) fast(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.behind = on
	o.w.Fast(on)
}

// sync implements sink.
func (o *output) sync(oldest int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed != nil {
		return o.failed
	}
	if err := o.w.Sync(); err != nil {
		o.failed = err
		return err
	}
	o.syncs.add(clockNow().Boottime - oldest)
	return nil
}

// Written is how much has gone to files. Rows that files repeat are not counted again.
type Written struct {
	Rows, Lost, Bytes uint64
	Files             int
}

// blockBytes is what a block takes without its rows, at most (measured: 5.4 to
// 6.1 KB); indexBytes is its line in the index.
const (
	blockBytes = 7 << 10
	indexBytes = 192
	sealBytes  = 4 << 10
)

// newOutput makes the first file.
func newOutput(opt *Options, h *format.Header, redactor *redact.Redactor) (*output, error) {
	o := &output{
		redact: redactor,
		opt:    opt, rot: opt.Rotation, log: opt.Log, names: opt.names(opt.Output), header: *h,
		stop: make(chan string, 1), part: format.NewBatch(0), per: 12, began: time.Now(),
	}
	o.clocks.start()
	follow := opt.Follow
	if !o.rot.rotates() {
		follow = nil // a file may follow on request: not worth a replay of every row until then
	}
	o.carry = newCarry(follow)
	wo := format.WriterOptions{Force: opt.Force, Sign: opt.Sign}
	if opt.Output == "-" {
		var err error
		o.w, err = format.Create(opt.Output, h, wo)
		return o, err
	}
	dir, err := os.OpenRoot(filepath.Dir(opt.Output))
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", opt.Output, err)
	}
	o.file = o.names.name(0, o.began)
	f, regular, err := format.CreateIn(dir, o.file, opt.Force)
	if err != nil {
		dir.Close()
		return nil, err
	}
	if o.w, err = format.NewFileWriter(f, regular, o.path(dir, o.file), h, wo); err != nil {
		f.Close()
		if regular {
			dir.Remove(o.file)
		}
		dir.Close()
		return nil, err
	}
	if regular {
		o.dir, o.src = dir, f
		o.spare = newSpare(dir)
		if o.after, err = startAfter(o.rot.After, dir.Name()); err != nil {
			return nil, errors.Join(err, o.discard())
		}
	} else {
		dir.Close()
	}
	return o, nil
}

// path is a file's name for people.
func (o *output) path(dir *os.Root, name string) string { return filepath.Join(dir.Name(), name) }

// write implements sink.
func (o *output) write(b *format.Batch, read uint64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed != nil {
		return o.failed
	}
	o.clocks.row(b, o.log)
	b = o.redact.Batch(b)
	before := o.read
	for from := 0; from < b.N && o.failed == nil; {
		n, limit := o.room(b.N - from)
		if n == 0 {
			if o.advance("the file has its size") || o.failed != nil {
				continue
			}
			n, limit = b.N-from, 0 // no other file can be made: this one grows on
		}
		part := b
		if n < b.N {
			part = o.part
			part.Reset()
			new(format.Copier).Append(part, b, span(from, from+n))
		}
		if !o.block(part, limit) {
			continue // rows are larger than they were: fewer of them
		}
		o.carry.fold(b, from, from+n)
		for i := from; i < from+n; i++ {
			o.through = max(o.through, b.I64[format.ColTime][i]+b.I64[format.ColDuration][i])
		}
		from += n
		// What was read of a batch in two files is shared out by rows.
		if o.failed == nil {
			o.read = before + (read-before)*uint64(from)/uint64(b.N)
		}
	}
	if o.failed == nil {
		o.read = read
		o.limits()
	}
	return o.failed
}

// block writes one block, and learns from it how large rows are. It says false
// when it would have more bytes than limit.
func (o *output) block(b *format.Batch, limit int64) bool {
	at := o.w.BytesWritten()
	err := o.w.WriteWithin(b, clockNow(), limit)
	if errors.Is(err, format.ErrTooLarge) {
		o.per = max(1.5*o.per, float64(limit)/float64(b.N))
		return false
	}
	for err != nil && errors.Is(err, unix.ENOSPC) && o.rot.Keep > 0 && len(o.kept) > 0 && o.w.Retry() {
		o.log.Warn("the file system is full: the oldest file is removed", "file", o.kept[0])
		o.forget()
		err = o.w.Write(b, clockNow())
	}
	if err != nil {
		o.failed = err
		return true
	}
	if wrote := o.w.BytesWritten() - at; b.N >= 256 {
		per := float64(wrote-blockBytes) / float64(b.N)
		o.per = max(0.5, (o.per+3*per)/4)
	}
	return true
}

// room is how many of the next n rows should still go into this file, and how
// many bytes they may take; 0 for any number.
func (o *output) room(n int) (rows int, limit int64) {
	if o.rot.Size == 0 || o.dir == nil {
		return n, 0
	}
	left := o.rot.Size - o.w.BytesWritten() - sealBytes - int64(o.w.Blocks()+1)*indexBytes
	if left < blockBytes+int64(16*o.per) {
		if o.w.BytesWritten() > int64(o.base) {
			return 0, 0
		}
		return min(n, 256), 0 // what a file repeats may have filled it
	}
	fit := float64(left-blockBytes) / o.per
	switch {
	case fit >= float64(n):
		return n, left
	case fit > 512: // rows differ: go up to the limit in smaller and smaller steps
		return int(fit * 0.8), left
	}
	return max(1, int(fit)), left
}

func span(from, to int) []int {
	rows := make([]int, to-from)
	for i := range rows {
		rows[i] = from + i
	}
	return rows
}

func (t *Written) add(w *format.Writer, h *format.Header) {
	t.Rows += w.Rows()
	if h.Segment != nil {
		t.Rows -= min(t.Rows, h.Segment.Repeated)
	}
	t.Lost += w.Lost()
	t.Bytes += uint64(w.BytesWritten())
	t.Files++
}

// limits sees whether the file or the recording has what it may have.
func (o *output) limits() {
	switch now := time.Now(); {
	case o.rot.MaxSize > 0 && int64(o.total.Bytes)+o.w.BytesWritten() >= o.rot.MaxSize-o.rot.MaxSize/20:
		o.finish("the files have their size")
	case o.rot.Every > 0 && now.Sub(o.began) >= o.rot.Every:
		o.advance("the file has its time")
	}
}

// finish ends the recording.
func (o *output) finish(why string) {
	select {
	case o.stop <- why:
	default:
	}
}

// tick is called about every second.
func (o *output) tick() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed == nil {
		o.limits()
	}
}

// rotate is advance on request.
func (o *output) rotate(why string) error {
	o.rotating.Lock()
	defer o.rotating.Unlock()
	once := o.catchUp()
	defer o.mu.Unlock()
	if o.ended {
		return nil
	}
	if once != nil {
		o.carry.follow = once
		defer func() { o.carry.follow = nil }()
	}
	o.next = time.Time{}
	switch {
	case o.dir == nil:
		return fmt.Errorf("the recording goes to one stream: there is no next file")
	case o.advance(why):
		return nil
	}
	return errors.Join(o.failed, o.lastErr)
}

func (o *output) snapshot(...string) (string, error) {
	err := fmt.Errorf("this recording goes to a file and has no ring: record with --ring")
	o.log.Error("snapshot", "error", err)
	return "", err
}

func (o *output) ending() <-chan string { return o.stop }

// written is how much there is by now.
func (o *output) written() Written {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now()
}

func (o *output) now() Written {
	t := o.total
	if o.w == nil {
		return t
	}
	t.add(o.w, &o.header)
	return t
}

func (o *output) owner() (unix.Stat_t, bool) { return ownerOf(o.dir) }

func (o *output) dirs() []*os.Root { return rootsOf(o.dir) }
