package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"

	"github.com/tracerec/tracerec/recorder"
)

func init() { recordFlags = append(recordFlags, rotateFlags) }

func rotateFlags(f *pflag.FlagSet, opt *recorder.Options) func() error {
	r := &opt.Rotation
	var size, maxSize, every string
	f.StringVarP(&size, "file-size", "C", "", "begin the next file when one has this size: 100MB; a bare number is in millions of bytes")
	f.StringVarP(&every, "file-time", "G", "", "begin the next file after this time: 1h; a bare number is in seconds. With % in its name, the file is named by strftime(3), in UTC")
	f.IntVarP(&r.Keep, "keep", "W", 0, "keep so many files: with -C or -G, remove the oldest when there are more")
	f.IntVar(&r.MaxFiles, "max-files", 0, "end the recording with the last of so many files")
	f.StringVarP(&r.After, "after", "z", "", "run this command with each finished file: -z 'zstd --rm'. Words are divided by spaces; there is no shell and no quoting")
	f.DurationVar(&r.Duration, "duration", 0, "end the recording after this time: 90s")
	f.StringVar(&maxSize, "max-size", "", "end the recording when its files have about this size together: 2GB")
	return func() (err error) {
		if r.Size, err = parseSize(size, 1_000_000); err != nil {
			return fmt.Errorf("-C: %w", err)
		}
		if r.MaxSize, err = parseSize(maxSize, 1); err != nil {
			return fmt.Errorf("--max-size: %w", err)
		}
		if r.Every, err = parseTime(every); err != nil {
			return fmt.Errorf("-G: %w", err)
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

// parseTime reads "1h30m"; a number alone is seconds. "" is 0.
func parseTime(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	if n, err := strconv.ParseInt(text, 10, 32); err == nil && n > 0 {
		return time.Duration(n) * time.Second, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a time: use for example 3600, 90s or 1h", text)
	}
	return d, nil
}
