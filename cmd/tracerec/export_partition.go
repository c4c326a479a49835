package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tracerec/tracerec/analyze/fleet"
	"github.com/tracerec/tracerec/format"
	"github.com/tracerec/tracerec/format/export"
	"github.com/tracerec/tracerec/format/field"
	"github.com/tracerec/tracerec/format/filter"
	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/replay"
)

// partitionKeys are what rows of many files can be divided by.
var partitionKeys = []string{"host", "date"}

// maxPartitions bounds the files that are open at a time. A recording is of a few days; when
// its clock was set to and fro, a day's rows may come to stand in several files.
const maxPartitions = 32

// runPartitioned writes each recording's rows into directories of their own.
func (x *exportFlags) runPartitioned(talk io.Writer, args []string) error {
	for i, key := range x.partition {
		if !slices.Contains(partitionKeys, key) || slices.Contains(x.partition[:i], key) {
			return fmt.Errorf("--partition: %q is not one of %s, each once", key, strings.Join(partitionKeys, ", "))
		}
	}
	if x.output == "-" {
		return errors.New("--partition writes a directory: name it by -o")
	}
	f, err := export.ByName(x.format, "."+x.format)
	if err != nil {
		return err
	}
	if len(f.Ext) == 0 {
		return fmt.Errorf("--partition: %s has no file names of its own: use parquet, jsonl or csv", f.Name)
	}
	_, chosen, err := x.options()
	if err != nil {
		return err
	}
	files, _, err := fleet.Expand(args)
	if err != nil {
		return err
	}
	var rows uint64
	read, bad := 0, 0
	recordings := eachHost(files)
	for _, file := range recordings {
		n, err := x.partitionFile(talk, file, f, chosen)
		rows += n
		if err == nil || n > 0 {
			read++
		}
		if errors.Is(err, errReport) {
			return err
		}
		if err != nil {
			bad++
			fmt.Fprintln(talk, "tracerec: "+err.Error())
		}
	}
	fmt.Fprintf(talk, "tracerec: %s of %s are in %s\n", show.Count(rows, "row"), show.Count(uint64(read), "recording"), x.output)
	if bad > 0 {
		return &exitError{code: exitUsage, err: fmt.Errorf("%d of %d could not be read, or not in whole", bad, len(recordings))}
	}
	return nil
}

// partitionFile exports one recording. An error that is errReport is about what is written.
func (x *exportFlags) partitionFile(talk io.Writer, path string, f *export.Format, chosen *filter.Filter) (rows uint64, err error) {
	r, err := openOne(path)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	o, _, err := x.options()
	if err != nil {
		return 0, err
	}
	if o.Fields == nil && f.Columns(&o) != nil { // the format has fields for columns: host is the directory's
		o.Fields = slices.DeleteFunc(export.Everything(), func(f *field.Field) bool { return slices.Contains(x.partition, f.Name) })
	}
	clock := show.For(r.Header())
	o.Header, o.Show = r.Header(), &clock
	w := &partitioned{x: x, f: f, o: &o, open: map[string]*partition{}, parts: map[string]int{}}
	id := r.ID()
	w.name = hex.EncodeToString(id[:])
	if i := strings.LastIndexByte(path, '@'); i >= 0 && r.Path() == path && r.File() != path {
		w.name += "-" + export.PartitionValue(path[i+1:])
	}
	columns := f.Columns(&o)
	if columns != nil {
		columns = append(columns, format.ColTime)
		if chosen != nil {
			columns = append(columns, chosen.Columns()...)
		}
	}
	var damage *replay.Damage
	var list []int
	for b, err := range r.Blocks(format.ReadOptions{Columns: columns}) {
		var corrupt *format.CorruptError
		switch {
		case errors.As(err, &corrupt):
			if damage == nil {
				damage = &replay.Damage{}
			}
			damage.Errs = append(damage.Errs, err)
			continue
		case err != nil:
			return rows, w.close(err)
		}
		if list, err = chosen.Rows(list[:0], b, o.Show); err != nil {
			return rows, w.close(err)
		}
		if err := w.write(b, list); err != nil {
			return rows, w.close(fmt.Errorf("%w: %w", errReport, err))
		}
		rows += uint64(len(list))
	}
	if err := w.close(nil); err != nil {
		return rows, fmt.Errorf("%w: %w", errReport, err)
	}
	if err := tellState(talk, r, damage); err != nil {
		return rows, fmt.Errorf("%s: %w", show.Escape([]byte(path)), err)
	}
	return rows, nil
}

// partitioned writes the rows of one recording.
type partitioned struct {
	x     *exportFlags
	f     *export.Format
	o     *export.Options
	name  string // of its files
	open  map[string]*partition
	parts map[string]int // by date: files that were begun
}

type partition struct {
	w      export.Writer
	finish func(error) error
}

// write divides a batch's rows by their day, which is mostly one.
func (p *partitioned) write(b *format.Batch, rows []int) error {
	clock := p.o.Header.Clock
	for len(rows) > 0 {
		date, n := "", 0
		for ; n < len(rows); n++ {
			d := ""
			if slices.Contains(p.x.partition, "date") {
				d = export.PartitionDate(time.Unix(0, clock.Realtime+b.I64[format.ColTime][rows[n]]-clock.Boottime))
			}
			if n == 0 {
				date = d
			} else if d != date {
				break
			}
		}
		to, err := p.partition(date)
		if err != nil {
			return err
		}
		if err := to.w.Write(b, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func (p *partitioned) partition(date string) (*partition, error) {
	if to := p.open[date]; to != nil {
		return to, nil
	}
	if len(p.open) >= maxPartitions {
		if err := p.close(nil); err != nil {
			return nil, err
		}
	}
	dir := p.x.output
	for _, key := range p.x.partition {
		value := date
		if key == "host" {
			value = p.o.Header.Host
		}
		dir = filepath.Join(dir, export.PartitionDir(key, value))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	name := p.name
	if n := p.parts[date]; n > 0 {
		name += fmt.Sprintf("-part%d", n)
	}
	p.parts[date]++
	file, finish, err := createPlain(filepath.Join(dir, name+p.f.Ext[0]), true, p.f.Binary, nil)
	if err != nil {
		return nil, err
	}
	w, err := p.f.New(file, p.o)
	if err != nil {
		return nil, finish(err)
	}
	to := &partition{w, finish}
	p.open[date] = to
	return to, nil
}

// close ends all files that are open, or removes them when something failed.
func (p *partitioned) close(failed error) error {
	err := failed
	for _, to := range p.open {
		closing := failed
		if closing == nil {
			closing = to.w.Close()
		}
		if e := to.finish(closing); e != nil && failed == nil {
			err = errors.Join(err, e)
		}
	}
	clear(p.open)
	return err
}
