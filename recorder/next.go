//go:build linux

package recorder

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/show"
)

// advance ends the file and begins the next. It says false, and leaves the file
// as it is, when the next cannot be made.
func (o *output) advance(why string) bool {
	now := time.Now()
	if o.dir == nil || o.failed != nil || now.Before(o.next) {
		return false
	}
	if o.rot.MaxFiles > 0 && o.total.Files+1 >= o.rot.MaxFiles {
		o.finish(fmt.Sprintf("the last of %s has its size or time", show.Count(uint64(o.rot.MaxFiles), "file")))
		return false
	}
	o.makeRoom()
	// The next file is made before this one is sealed, so that it can go on
	// where there is no other.
	name := o.names.free(o.dir, o.total.Files+1, now, o.opt.Force)
	f, _, err := format.CreateIn(o.dir, name, o.opt.Force)
	if err != nil {
		o.next = now.Add(10 * time.Second)
		o.lastErr = fmt.Errorf("begin the next file: %w", err)
		o.log.Error("the next file cannot be made: the recording goes on in the one it has", "file", o.file, "error", err)
		return false
	}
	border := o.border()
	header, totals := o.header, o.segTotals()
	totals.Ended = border
	if err := o.seal(why, nil, totals); err != nil {
		o.failed = err
		f.Close()
		o.dir.Remove(name)
		return false
	}
	header.Segment = format.NextSegment(&o.header, o.w.ID(), o.w.Hash())
	header.Clock = border
	state := format.NewBatch(0)
	o.carry.repeat(state)
	if o.carry.err != nil {
		o.log.Warn("files do not begin with what is open and mounted", "error", o.carry.err)
		o.carry.err = nil
	}
	header.Segment.Repeated = uint64(state.N)
	w, err := format.NewFileWriter(f, true, o.path(o.dir, name), &header, format.WriterOptions{Sign: o.opt.Sign})
	if err != nil {
		o.failed = err
		f.Close()
		o.dir.Remove(name)
		return false
	}
	o.finished()
	o.w, o.header, o.file, o.src, o.began, o.segRead = w, header, name, f, now, o.read
	for from := 0; from < state.N && o.failed == nil; from += format.BlockRows {
		part := format.NewBatch(0)
		new(format.Copier).Append(part, state, span(from, min(state.N, from+format.BlockRows)))
		o.block(part, 0)
	}
	o.base = int(o.w.BytesWritten())
	o.log.Info("next file", "file", name, "why", why, "repeated", state.N)
	return o.failed == nil
}

// border is the moment at which the file ends and the next begins. Rows that have been read
// already may still have to be written, so it is when the last one was that is in the file;
// where that is long ago there are none, unless the reader is behind.
func (o *output) border() format.Clock {
	now := clockNow()
	at := max(o.through, o.header.Clock.Boottime)
	if !o.behind {
		at = max(at, now.Boottime-int64(2*blockAge))
	}
	return now.At(at)
}

// finished takes leave of the sealed file.
func (o *output) finished() {
	o.total.add(o.w, &o.header)
	o.hand()
	for i, name := range o.kept {
		if name == o.file { // replaced, by --force
			o.kept = append(o.kept[:i], o.kept[i+1:]...)
			break
		}
	}
	o.kept = append(o.kept, o.file)
	for o.rot.Keep > 0 && len(o.kept) >= o.rot.Keep {
		o.forget()
	}
}

// hand gives the finished file to the command for it.
func (o *output) hand() {
	if err := o.after.run(o.file); err != nil {
		o.log.Warn("the command for finished files is behind: it does not get this one", "file", o.file, "error", err)
	}
}

// turnBytes are what ending a file and beginning the next takes, at most
// usually: index and totals, header, repeated rows.
const turnBytes = 128 << 10

// makeRoom removes old files where there is none for that, if it may.
func (o *output) makeRoom() {
	for o.rot.Keep > 0 && len(o.kept) > 0 {
		d, err := o.dir.Open(".")
		if err != nil {
			return
		}
		var st unix.Statfs_t
		err = unix.Fstatfs(int(d.Fd()), &st)
		d.Close()
		if err != nil || st.Bavail*uint64(st.Bsize) >= turnBytes {
			return
		}
		o.log.Warn("the file system is full: the oldest file is removed", "file", o.kept[0])
		o.forget()
	}
}

// forget removes the oldest file.
func (o *output) forget() {
	if err := o.dir.Remove(o.kept[0]); err != nil && !errors.Is(err, os.ErrNotExist) {
		o.log.Warn("an old file cannot be removed", "file", o.kept[0], "error", err)
	}
	o.kept = o.kept[1:]
}
