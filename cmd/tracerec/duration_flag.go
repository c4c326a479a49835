package main

import (
	"errors"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"github.com/tracerec/tracerec/format/show"
)

// durationFlag adds a flag for a time: as everywhere a bare number is seconds, and --help
// shows the default in the form of all other durations.
func durationFlag(f *pflag.FlagSet, to *time.Duration, name string, value time.Duration, usage string) {
	*to = value
	f.Var((*durationValue)(to), name, usage)
}

type durationValue time.Duration

// String is empty for 0, which is no default to show.
func (d *durationValue) String() string {
	if *d == 0 {
		return "0"
	}
	return show.Duration(int64(*d))
}

// Type is what --help calls the value.
func (d *durationValue) Type() string { return "duration" }

func (d *durationValue) Set(text string) error {
	v, err := parseTime(text)
	*d = durationValue(v)
	return err
}

// parseTime reads "1h30m"; a number alone is seconds. It is more than 0: a time of 0 would
// stand for none, which is said by leaving the flag out.
func parseTime(text string) (time.Duration, error) {
	if n, err := strconv.ParseInt(text, 10, 32); err == nil && n > 0 {
		return time.Duration(n) * time.Second, nil
	}
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, errors.New("not a time: use for example 3600, 90s or 1h")
	case d <= 0:
		return 0, errors.New("not more than 0: leave it out, or use for example 3600, 90s or 1h")
	}
	return d, nil
}
