package main

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/tracerec/tracerec/format/show"
	"github.com/tracerec/tracerec/recorder"
)

func init() { recordFlags = append(recordFlags, flightFlags) }

func flightFlags(f *pflag.FlagSet, opt *recorder.Options) func() error {
	r := &opt.Flight
	var ring string
	f.StringVar(&ring, "ring", "", "keep the last 512MB or 10m in memory, and write it to a file on SIGUSR2 or SIGHUP, by tracerec snapshot, or --trigger")
	f.StringVar(&r.Dir, "ring-dir", "", "keep the ring in this directory instead")
	f.StringVar(&r.Trigger, "trigger", "", `write the ring when a row is like this: 'syscall == "execve" && path startsWith "/tmp"' (docs/filters.md)`)
	durationFlag(f, &r.Delay, "trigger-delay", time.Second, "record on for so long before the trigger's file is written")
	durationFlag(f, &r.Every, "trigger-every", time.Minute, "do not let the trigger write more often")
	f.BoolVar(&r.AtEnd, "ring-at-end", false, "write the ring when the recording ends, too")
	f.StringVar(&opt.Control, "control", "", "unix socket on which tracerec snapshot asks")
	return func() (err error) {
		if ring == "" {
			return nil
		}
		if r.Time, err = time.ParseDuration(ring); err == nil && r.Time >= 5*time.Second {
			return nil
		} else if err == nil {
			return fmt.Errorf("--ring: %s is too short: at least 5s", show.Duration(int64(r.Time)))
		}
		if r.Size, err = parseSize(ring, 1); err != nil {
			return fmt.Errorf("--ring: %q is neither a size nor a time: use for example 512MB or 10m", ring)
		}
		return nil
	}
}
