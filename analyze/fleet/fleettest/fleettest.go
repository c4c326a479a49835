package fleettest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tracerec/tracerec/format"
)

// Rewrite writes the recording at from again as to, of another host, boot and begin. The same
// arguments give the same bytes.
func Rewrite(from, to, host, boot string, begin time.Time) error {
	r, err := format.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.OneHost(); err != nil {
		return err
	}
	h := *r.Header()
	shift := begin.UnixNano() - h.Clock.Realtime
	h.Host, h.BootID, h.Clock.Realtime = host, boot, h.Clock.Realtime+shift
	h.Origin = append(h.Origin[:len(h.Origin):len(h.Origin)], format.Origin{By: "build", Args: []string{"fleettest"}})
	var id [16]byte
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%d", filepath.Base(from), host, boot, begin.UnixNano()))
	copy(id[:], sum[:])
	w, err := format.Create(to, &h, format.WriterOptions{Force: true, ID: id})
	if err != nil {
		return err
	}
	for i := range r.BlockCount() {
		b, err := r.ReadBlock(i, nil, nil)
		if err != nil {
			w.Abort()
			return err
		}
		clock := r.BlockInfo(i).Clock
		clock.Realtime += shift
		if err := w.Write(b, clock); err != nil {
			w.Abort()
			return err
		}
	}
	t := format.Totals{Reason: "made of another recording"}
	if old := r.Totals(); old != nil {
		t = *old
		t.Ended.Realtime += shift
	}
	t.Rows, t.Events, t.Lost = 0, nil, 0 // counted anew
	return w.Close(&t)
}

// Make writes n recordings below dir, one for each host and hour of a day, made of the given ones in turn:
// DIR/host-00012/2026-11-28-07.trc. Hosts have hours files each, and another boot from noon on.
func Make(dir string, sources []string, n, hours int) error {
	day := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	for i := range n {
		host, hour := fmt.Sprintf("host-%05d", i/hours), i%hours
		boot := uuid(host, hour/12)
		at := day.Add(time.Duration(hour) * time.Hour)
		to := filepath.Join(dir, host)
		if err := os.MkdirAll(to, 0o755); err != nil {
			return err
		}
		if err := Rewrite(sources[i%len(sources)], filepath.Join(to, at.Format("2006-01-02-15")+".trc"), host, boot, at); err != nil {
			return err
		}
	}
	return nil
}

func uuid(host string, boot int) string {
	s := sha256.Sum256(binary.LittleEndian.AppendUint32([]byte(host), uint32(boot)))
	return fmt.Sprintf("%x-%x-%x-%x-%x", s[:4], s[4:6], s[6:8], s[8:10], s[10:16])
}
