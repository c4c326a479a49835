package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"github.com/tracerec/tracerec/recorder"
)

func init() { recordFlags = append(recordFlags, rotateFlags) }

func rotateFlags(f *pflag.FlagSet, opt *recorder.Options) func() error {
	r := &opt.Rotation
	var size, maxSize string
	f.StringVarP(&size, "file-size", "C", "", "begin the next file when one has this size: 100MB; a bare number is in millions of bytes")
	f.VarP((*durationValue)(&r.Every), "file-time", "G", "begin the next file after this time: 1h; a bare number is in seconds. With % in its name, the file is named by strftime(3), in UTC")
	f.IntVarP(&r.Keep, "keep", "W", 0, "keep so many files: with -C or -G, remove the oldest when there are more")
	f.IntVar(&r.MaxFiles, "max-files", 0, "end the recording with the last of so many files")
	f.StringVarP(&r.After, "after", "z", "", "run this command with each finished file: -z 'zstd --rm'. Words are divided by spaces; there is no shell and no quoting")
	durationFlag(f, &r.Duration, "duration", 0, "end the recording after this time: 90s; a bare number is in seconds")
	f.StringVar(&maxSize, "max-size", "", "end the recording when its files have about this size together: 2GB")
	return func() (err error) {
		if r.Size, err = parseSize(size, 1_000_000); err != nil {
			return fmt.Errorf("-C: %w", err)
		}
		if r.MaxSize, err = parseSize(maxSize, 1); err != nil {
			return fmt.Errorf("--max-size: %w", err)
		}
		for name, n := range map[string]int{"keep": r.Keep, "max-files": r.MaxFiles} {
			if n == 0 && f.Changed(name) {
				return fmt.Errorf("--%s 0: not less than 1; leave it out for no limit", name)
			}
		}
		return nil
	}
}

// parseSize reads "100MB", "64KiB"; a number alone counts units. "" is 0.
func parseSize(text string, unit int64) (int64, error) {
	if text == "" {
		return 0, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 && n < 1<<62/unit {
		return n * unit, nil
	}
	n, err := humanize.ParseBytes(text)
	if err != nil || n == 0 || n > 1<<62 || strings.HasPrefix(text, "-") {
		return 0, fmt.Errorf("%q is not a size: use for example 500MB or 1GiB", text)
	}
	return int64(n), nil
}
