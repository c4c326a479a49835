package derive

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/tracerec/tracerec/format"
)

// Input is a file that another one is made of.
type Input struct {
	*format.Reader
	Path string
}

// file is Path without the host that was chosen of it.
func (in *Input) file() string {
	if f := in.File(); f != "" {
		return f
	}
	return in.Path
}

// Open opens a file of any state.
func Open(path string) (*Input, error) {
	r, err := format.Open(path)
	if err != nil {
		return nil, err
	}
	return &Input{r, path}, nil
}

// Output says where a file goes.
type Output struct {
	Path  string   // "-" is the standard output
	Dir   *os.Root // if set, Path's directory, which need not be reachable by its path
	Force bool     // replace an existing file
	Level format.Level
	Sign  ed25519.PrivateKey
	Args  []string // of the verb, for the header
}

func (o *Output) options() format.WriterOptions {
	rows := format.BlockRows
	if o.Level == format.LevelBetter {
		rows = repackRows
	}
	return format.WriterOptions{Force: o.Force, Level: o.Level, Sign: o.Sign, Jobs: format.Jobs(rows)}
}

// check refuses to write over a file that is read.
func (o *Output) check(inputs ...*Input) error {
	if o.Path == "-" {
		return nil
	}
	for _, in := range inputs {
		if SameFile(in.file(), o.Path) {
			return fmt.Errorf("%s is read and cannot be written at the same time: choose another name", o.Path)
		}
	}
	return nil
}

// SameFile says whether two names are of one file that is there.
func SameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// source describes in. A file that has no final hash is known by its SHA-256.
func source(in *Input) (format.Source, error) {
	state, _ := in.State()
	id, h := in.ID(), in.Header()
	s := format.Source{File: filepath.Base(in.Path), ID: hex.EncodeToString(id[:]), State: state.String(), Host: h.Host, BootID: h.BootID}
	if hash, ok := in.Hash(); ok {
		s.Hash = hex.EncodeToString(hash[:])
		return s, nil
	}
	sum, err := SHA256(in.file())
	s.SHA256 = sum
	return s, err
}

// SHA256 is the hex SHA-256 of a whole file; "" for the standard input.
func SHA256(path string) (string, error) {
	if path == "-" {
		return "", nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// header is in's header with one more step of origin.
func (o *Output) header(by string, lost []string, inputs ...*Input) (*format.Header, error) {
	h := *inputs[0].Header()
	step := format.Origin{By: by, Args: o.Args, Lost: lost}
	for _, in := range inputs {
		s, err := source(in)
		if err != nil {
			return nil, err
		}
		step.From = append(step.From, s)
	}
	h.Origin = append(h.Origin[:len(h.Origin):len(h.Origin)], step)
	return &h, nil
}

// intact refuses a damaged file: what is made of it would look whole.
func intact(in *Input) error {
	if state, why := in.State(); state == format.Corrupt {
		return repairFirst(why)
	}
	return nil
}

func repairFirst(err error) error {
	return fmt.Errorf("%w: run tracerec repair first, and go on with what it makes", err)
}

// told is an error in reading, with what to do about damage.
func told(err error) error {
	var corrupt *format.CorruptError
	if errors.As(err, &corrupt) {
		return repairFirst(err)
	}
	return err
}

// Blocks are those of the file; what is damaged among them ends what is made of it.
func (in *Input) Blocks(o format.ReadOptions) iter.Seq2[*format.Batch, error] {
	return func(yield func(*format.Batch, error) bool) {
		for b, err := range in.Reader.Blocks(o) {
			if !yield(b, told(err)) {
				return
			}
		}
	}
}

// writing is an output in progress: batches fill up and become blocks.
type writing struct {
	w     *format.Writer
	o     *Output
	batch *format.Batch
	copy  format.Copier
	clock format.Clock // of the block that the rows came from
	rows  int          // of a block
	dict  int          // bytes of strings of a block
}

func (o *Output) create(h *format.Header) (*writing, error) {
	w, err := o.open(h)
	if err != nil {
		return nil, err
	}
	return &writing{w: w, o: o, batch: format.NewBatch(0), rows: format.BlockRows, dict: format.BlockDictBytes}, nil
}

func (o *Output) open(h *format.Header) (*format.Writer, error) {
	if o.Dir == nil {
		return format.Create(o.Path, h, o.options())
	}
	f, regular, err := format.CreateIn(o.Dir, filepath.Base(o.Path), o.Force)
	if err != nil {
		return nil, err
	}
	w, err := format.NewFileWriter(f, regular, o.Path, h, o.options())
	if err != nil {
		f.Close()
	}
	return w, err
}

// add takes rows of b, which came from a block written at clock.
func (w *writing) add(b *format.Batch, rows []int, clock format.Clock) error {
	for len(rows) > 0 {
		n := min(len(rows), w.rows-w.batch.N)
		// A few rows at a time, so that the strings cannot grow beyond the limit.
		n = min(n, 1024)
		// A block has rows of one host only.
		if w.batch.N > 0 && w.batch.U16[format.ColHost][0] != b.U16[format.ColHost][rows[0]] {
			if err := w.flush(); err != nil {
				return err
			}
		}
		w.copy.Append(w.batch, b, rows[:n])
		rows, w.clock = rows[n:], clock
		if w.batch.N >= w.rows || w.batch.Dict.Size() >= w.dict {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// addCopied is add with the copier of rows of one of several sources.
func (w *writing) addCopied(b *format.Batch, rows []int, clock format.Clock, c *format.Copier) error {
	w.copy, *c = *c, w.copy
	err := w.add(b, rows, clock)
	w.copy, *c = *c, w.copy
	return err
}

func (w *writing) flush() (err error) {
	w.batch, err = w.w.Hand(w.batch, w.clock)
	return err
}

// close seals the file, or removes it when err is not nil.
func (w *writing) close(t *format.Totals, err error) error {
	if err == nil {
		err = w.flush()
	}
	if err == nil {
		err = w.w.Close(t)
	} else {
		w.w.Abort()
	}
	if err == nil {
		return nil
	}
	if w.o.Dir != nil {
		return errors.Join(err, w.o.Dir.Remove(filepath.Base(w.o.Path)))
	}
	if w.o.Path != "-" {
		if st, serr := os.Lstat(w.o.Path); serr == nil && st.Mode().IsRegular() {
			err = errors.Join(err, os.Remove(w.o.Path))
		}
	}
	return err
}

// carried are the totals that hold for rows of in as they did before: how it
// ended. What was seen and read is of the whole recording, and given when all
// rows are there.
func carried(in *Input, whole bool) format.Totals {
	var t format.Totals
	if old := in.Totals(); old != nil {
		t = *old
	} else {
		_, why := in.State()
		t.Reason = "not sealed by its recorder"
		var cut *format.CutError
		if errors.As(why, &cut) {
			t.Reason += ": " + cut.What
		}
		if n := in.BlockCount(); n > 0 {
			t.Ended = in.BlockInfo(n - 1).Clock
		}
	}
	t.Rows, t.Events, t.Lost = 0, nil, 0
	if !whole {
		t.Seen, t.Read = 0, 0
	}
	return t
}

// all gives the indices 0 to n-1.
func all(dst []int, n int) []int {
	dst = dst[:0]
	for i := range n {
		dst = append(dst, i)
	}
	return dst
}
