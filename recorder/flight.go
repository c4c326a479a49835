//go:build linux

package recorder

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/derive"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/recorder/redact"
)

// Flight says that a recording is kept in a ring, and written to a file only
// when somebody asks for it or a trigger fires. The zero value: it is not.
type Flight struct {
	Size    int64         // bytes that are kept
	Time    time.Duration // or how long
	Dir     string        // keep it in this directory, not in memory
	Trigger string        // an expression over a row's fields (format/filter)
	Delay   time.Duration // from a trigger to writing: what follows is wanted too
	Every   time.Duration // not more often by triggers
	AtEnd   bool          // write it when the recording ends
}

func (f *Flight) on() bool { return f.Size > 0 || f.Time > 0 }

func (f *Flight) check(output string, r *Rotation) error {
	switch {
	case !f.on() && (f.Dir != "" || f.Trigger != "" || f.AtEnd):
		return fmt.Errorf("a ring's directory, trigger or end need a ring: give --ring")
	case !f.on():
		return nil
	case output == "-":
		return fmt.Errorf("a ring is written to files: give them a name by -o")
	case r.Size > 0 || r.Every > 0 || r.MaxSize > 0:
		return fmt.Errorf("a ring has no files that follow each other: give --ring or -C, -G, --max-size, not both")
	case f.Size > 0 && f.Size < 16*minSize:
		return fmt.Errorf("a ring of %d bytes is too small: at least %d", f.Size, 16*minSize)
	}
	_, err := newTrigger(f, &format.Header{})
	return err
}

// ringParts is how many segments a ring has, about: so much of it is dropped at a time.
const ringParts = 16

// flight keeps the last while of a recording as segments, each a whole file in
// memory or in a directory: the oldest is dropped when there is too much.
type flight struct {
	opt   *Options
	log   *slog.Logger
	names fileNames
	dir   *os.Root // of what is written out
	ring  *os.Root // of the segments; nil: in memory
	limit int64    // bytes
	stop  chan string
	trig  *trigger
	dumps sync.WaitGroup
	dump  sync.Mutex // one is written at a time

	reading []*os.File // by the one that is

	guarded
	redact  *redact.Redactor
	carry   *carry
	clocks  clockWatch
	header  format.Header // of the segment being written
	w       *format.Writer
	cur     *ringPart
	parts   []*ringPart
	bytes   int64 // of parts
	n       int   // segments made
	segRead uint64
	read    uint64
	rows    uint64
	lost    uint64
	files   int // written out
	out     uint64
	short   bool // told that the ring does not hold the time asked for
}

// ringPart is a segment of the ring.
type ringPart struct {
	data  *bytes.Buffer // nil in a directory
	name  string
	size  int64
	began time.Time
	ended time.Time
}

func newFlight(opt *Options, h *format.Header, redactor *redact.Redactor) (*flight, error) {
	f := &flight{redact: redactor, opt: opt, log: opt.Log, names: opt.names(opt.Output), header: *h, limit: opt.Flight.Size, stop: make(chan string, 1), carry: newCarry(opt.Follow)}
	f.clocks.start()
	var err error
	if f.trig, err = newTrigger(&opt.Flight, h); err != nil {
		return nil, err
	}
	if f.dir, err = os.OpenRoot(filepath.Dir(opt.Output)); err != nil {
		return nil, fmt.Errorf("write to %s: %w", opt.Output, err)
	}
	if opt.Flight.Dir != "" {
		if f.ring, err = os.OpenRoot(opt.Flight.Dir); err != nil {
			f.dir.Close()
			return nil, fmt.Errorf("the ring's directory: %w: --ring-dir wants one that there is, on a disk with room for the ring", err)
		}
	} else {
		memory := availableMemory() / 4
		if f.limit == 0 {
			f.limit = memory
		} else if f.limit > 2*memory {
			f.dir.Close()
			return nil, fmt.Errorf("--ring: %s in memory, of which %s are available: give less, or a directory by --ring-dir", humanize.IBytes(uint64(f.limit)), humanize.IBytes(uint64(4*memory)))
		}
	}
	if err := f.begin(); err != nil {
		f.release()
		return nil, err
	}
	return f, nil
}

// availableMemory in bytes; a guess where the kernel does not say.
func availableMemory() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err == nil {
		for line := range strings.Lines(string(text)) {
			var kb int64
			if n, _ := fmt.Sscanf(line, "MemAvailable: %d kB", &kb); n == 1 {
				return kb << 10
			}
		}
	}
	return 1 << 30
}

// begin makes the next segment.
func (f *flight) begin() error {
	p := &ringPart{began: time.Now()}
	h := f.header
	if f.w != nil {
		h.Segment = format.NextSegment(&f.header, f.w.ID(), f.w.Hash())
		h.Clock = clockNow()
	}
	state := format.NewBatch(0)
	f.carry.repeat(state)
	if h.Segment != nil {
		h.Segment.Repeated = uint64(state.N)
	}
	var w *format.Writer
	var err error
	if f.ring == nil {
		p.data = new(bytes.Buffer)
		w, err = format.NewWriter(p.data, &h, format.WriterOptions{})
	} else {
		p.name = fmt.Sprintf("ring-%d-%06d.trc", os.Getpid(), f.n)
		var file *os.File
		if file, _, err = format.CreateIn(f.ring, p.name, false); err == nil {
			w, err = format.NewFileWriter(file, true, filepath.Join(f.ring.Name(), p.name), &h, format.WriterOptions{})
		}
	}
	if err != nil {
		return fmt.Errorf("the ring's next segment: %w", err)
	}
	f.n++
	f.w, f.cur, f.header, f.segRead = w, p, h, f.read
	for from := 0; from < state.N; from += format.BlockRows {
		part := format.NewBatch(0)
		new(format.Copier).Append(part, state, span(from, min(state.N, from+format.BlockRows)))
		if err := f.block(part); err != nil {
			return err
		}
	}
	return nil
}

// block writes a block; on a full file system old segments make room for it.
func (f *flight) block(b *format.Batch) error {
	err := f.w.Write(b, clockNow())
	for err != nil && errors.Is(err, unix.ENOSPC) && len(f.parts) > 0 && f.w.Retry() {
		f.log.Warn("the ring's file system is full: its oldest part is dropped")
		f.drop()
		err = f.w.Write(b, clockNow())
	}
	return err
}

// write implements sink.
func (f *flight) write(b *format.Batch, read uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed != nil {
		return f.failed
	}
	f.clocks.row(b, f.log)
	why := f.trig.fires(b, f.log) // before what it may be about is redacted
	b = f.redact.Batch(b)
	lost := f.w.Lost()
	if f.failed = f.block(b); f.failed != nil {
		return f.failed
	}
	f.carry.fold(b, 0, b.N)
	f.read, f.rows, f.lost = read, f.rows+uint64(b.N), f.lost+f.w.Lost()-lost
	if why != "" {
		f.dumps.Go(func() {
			time.Sleep(f.opt.Flight.Delay)
			f.snapshot("trigger "+f.opt.Flight.Trigger, why)
		})
	}
	return f.turn(false)
}

// turn ends the segment when it is due, and drops what is too much.
func (f *flight) turn(now bool) error {
	size, age := f.w.BytesWritten(), time.Since(f.cur.began)
	due := now || f.limit > 0 && size >= f.limit/ringParts || f.opt.Flight.Time > 0 && age >= max(f.opt.Flight.Time/ringParts, time.Second)
	if due {
		if f.failed = f.seal("ring"); f.failed == nil {
			f.failed = f.begin()
		}
	}
	for f.limit > 0 && len(f.parts) > 0 && f.bytes+f.w.BytesWritten() > f.limit {
		if held := time.Since(f.parts[0].began); f.opt.Flight.Time > 0 && !f.short && held < f.opt.Flight.Time {
			f.short = true
			f.log.Warn("the ring has its size before its time: it keeps less", "for", held.Round(time.Second), "bytes", f.limit)
		}
		f.drop()
	}
	for f.opt.Flight.Time > 0 && len(f.parts) > 0 && time.Since(f.parts[0].ended) > f.opt.Flight.Time {
		f.drop()
	}
	return f.failed
}

// seal ends the segment.
func (f *flight) seal(why string) error {
	read := f.read - f.segRead
	if err := f.w.Close(&format.Totals{Read: read, Seen: read + f.w.Lost(), Lost: f.w.Lost(), Ended: clockNow(), Reason: why}); err != nil {
		return err
	}
	p := f.cur
	p.size, p.ended = f.w.BytesWritten(), time.Now()
	if p.data != nil && p.data.Cap() > p.data.Len()*5/4 {
		p.data = bytes.NewBuffer(bytes.Clone(p.data.Bytes()))
	}
	f.parts = append(f.parts, p)
	f.bytes += p.size
	return nil
}

// drop forgets the oldest segment.
func (f *flight) drop() {
	p := f.parts[0]
	if f.ring != nil {
		if err := f.ring.Remove(p.name); err != nil && !errors.Is(err, os.ErrNotExist) {
			f.log.Warn("a part of the ring cannot be removed", "file", p.name, "error", err)
		}
	}
	f.parts = f.parts[1:]
	f.bytes -= p.size
}

// frozen are all segments until now, open for reading.
func (f *flight) frozen() (inputs []*derive.Input, name string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed == nil && f.w.Rows() > 0 {
		f.turn(true)
	}
	for i, p := range f.parts {
		in, err := f.open(p)
		if err != nil {
			return nil, "", fmt.Errorf("read part %d of the ring: %w", i, err)
		}
		inputs = append(inputs, in)
	}
	if len(inputs) == 0 {
		return nil, "", errors.Join(errors.New("the ring is empty"), f.failed)
	}
	name = f.names.free(f.dir, f.files, time.Now(), f.opt.Force)
	f.files++
	return inputs, name, nil
}

func (f *flight) open(p *ringPart) (*derive.Input, error) {
	if p.data != nil {
		r, err := format.NewReader(bytes.NewReader(p.data.Bytes()), p.size)
		return &derive.Input{Reader: r}, err
	}
	file, err := f.ring.Open(p.name)
	if err != nil {
		return nil, err
	}
	f.reading = append(f.reading, file)
	r, err := format.NewReader(file, p.size)
	return &derive.Input{Reader: r, Path: p.name}, err
}

// done closes what frozen has opened.
func (f *flight) done() {
	for _, file := range f.reading {
		file.Close()
	}
	f.reading = nil
}

// snapshot writes the ring to a file, while the recording goes on.
func (f *flight) snapshot(why ...string) (file string, err error) {
	f.dumps.Add(1)
	defer f.dumps.Done()
	f.dump.Lock()
	defer f.dump.Unlock()
	inputs, name, err := f.frozen()
	var rows uint64
	defer f.done()
	if err == nil {
		file = filepath.Join(f.dir.Name(), name)
		rows, err = derive.Window(inputs, why, &derive.Output{Path: file, Dir: f.dir, Force: f.opt.Force, Sign: f.opt.Sign})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		if name != "" {
			f.files--
		}
		err = fmt.Errorf("write the ring: %w", err)
		f.lastErr = err
		f.log.Error("snapshot", "error", err)
		return "", err
	}
	f.out += rows
	f.log.Warn("the ring was written", "file", file, "rows", rows, "why", strings.Join(why, "; "))
	if max := f.opt.Rotation.MaxFiles; max > 0 && f.files >= max {
		f.finish(fmt.Sprintf("the last of %s was written", show.Count(uint64(max), "file")))
	}
	return file, nil
}

func (f *flight) tick() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed == nil {
		f.turn(false)
	}
}

func (f *flight) rotate(why string) error {
	_, err := f.snapshot(why)
	return err
}

func (f *flight) ending() <-chan string { return f.stop }

func (f *flight) finish(why string) {
	select {
	case f.stop <- why:
	default:
	}
}

func (f *flight) written() Written {
	f.mu.Lock()
	defer f.mu.Unlock()
	return Written{Rows: f.rows, Lost: f.lost, Bytes: uint64(f.held()), Files: f.files}
}

// held is the size of the ring.
func (f *flight) held() int64 {
	if f.w == nil {
		return f.bytes
	}
	return f.bytes + f.w.BytesWritten()
}

// close ends the recording; the ring is gone with it, unless it is to be
// written, or what went wrong is worth a look.
func (f *flight) close(t *format.Totals, werr error) error {
	if f.opt.Flight.AtEnd || werr != nil {
		why := "end: " + t.Reason
		if werr != nil {
			why = "write error: " + werr.Error()
		}
		f.snapshot(why)
	}
	f.dumps.Wait()
	held := f.held()
	f.release()
	f.w, f.bytes = nil, held // what written says that there was
	return errors.Join(werr, f.lastErr)
}

func (f *flight) discard() error {
	f.release()
	return nil
}

func (f *flight) release() {
	if f.w != nil {
		f.w.Abort()
	}
	if f.ring != nil {
		if f.cur != nil {
			f.ring.Remove(f.cur.name)
		}
		for len(f.parts) > 0 {
			f.drop()
		}
		f.ring.Close()
	}
	f.dir.Close()
}

func (f *flight) owner() (unix.Stat_t, bool) { return ownerOf(f.dir) }

func (f *flight) dirs() []*os.Root { return rootsOf(f.dir, f.ring) }
