//go:build linux

package recorder

import (
	"errors"
	"fmt"

	"github.com/tracerec/tracerec/format"
)

// segTotals are those of a file that others follow: what it lost is in it, and
// what was read meanwhile. So the sum over all files is what the kernel counted.
func (o *output) segTotals() *format.Totals {
	read := o.read - o.segRead
	return &format.Totals{Read: read, Seen: read + o.w.Lost(), Lost: o.w.Lost()}
}

// seal closes the file.
func (o *output) seal(why string, exit *int, t *format.Totals) error {
	t.Reason, t.Exit, t.Sync = why, exit, o.syncs.totals()
	if t.Ended.Boottime == 0 {
		t.Ended = clockNow()
	}
	return o.w.Close(t)
}

// close ends the last file. seen, read and t are of the whole recording.
// werr is why writing failed, if it did: then the file gets what there is still
// room for, a row that counts what it lacks, and its seal.
func (o *output) close(t *format.Totals, werr error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := o.segRead + o.total.Lost
	if werr == nil {
		t.Seen, t.Read, t.Lost = t.Seen-before, t.Read-o.segRead, o.w.Lost()
		err := o.seal(t.Reason, t.Exit, t)
		if err == nil {
			o.hand()
		}
		o.release()
		return errors.Join(err, o.lastErr)
	}
	defer o.release()
	written := o.w.Rows()
	err := fmt.Errorf("%w: the file keeps %d of %d records read so far", werr, o.read-o.segRead, t.Read-o.segRead)
	missing := t.Seen - o.read - o.total.Lost - o.w.Lost()
	if !o.sealFailed(t, werr, missing) {
		o.total.Lost += missing
		return errors.Join(fmt.Errorf("%w, those of the last second perhaps not on disk; it is not sealed: tracerec repair makes a whole one of it", err), o.w.Abort())
	}
	o.log.Error("recording has ended: the file is sealed, and says why", "file", o.file, "rows", written, "missing", missing)
	return err
}

// sealFailed seals a file that could not be written on.
func (o *output) sealFailed(t *format.Totals, why error, missing uint64) bool {
	o.spare.release()
	if !o.w.Retry() {
		return false
	}
	if missing > 0 {
		b := format.NewBatch(1)
		i := b.Append()
		b.I64[format.ColTime][i] = clockNow().Boottime
		b.U16[format.ColEvent][i] = uint16(format.EventLost)
		for n, v := range [...]uint64{0, uint64(format.ClassUnwritten), missing, 1, missing, uint64(o.clocks.wrote)} {
			b.U64[format.ColArg0+format.ColumnID(n)][i] = v
		}
		if o.w.Write(b, clockNow()) != nil {
			return false
		}
	}
	read := o.read - o.segRead
	totals := *t
	totals.Read, totals.Lost, totals.Seen = read, o.w.Lost(), read+o.w.Lost()
	return o.seal("write error: "+why.Error(), t.Exit, &totals) == nil
}

func (o *output) release() {
	o.ended = true
	if err := o.after.wait(); err != nil {
		o.lastErr = errors.Join(o.lastErr, err)
		o.log.Error("files", "error", err)
	}
	o.spare.release()
	if o.dir != nil {
		o.dir.Close()
	}
}

// discard removes the file of a recording that did not begin.
func (o *output) discard() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.release()
	err := o.w.Abort()
	if o.dir != nil {
		err = errors.Join(err, o.dir.Remove(o.file))
	}
	return err
}
