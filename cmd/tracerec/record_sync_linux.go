package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/tracerec/tracerec/recorder"
)

func init() { recordFlags = append(recordFlags, syncFlags) }

func syncFlags(f *pflag.FlagSet, opt *recorder.Options) func() error {
	sync := f.String("sync", "second", "how long what was recorded may be lost when the host dies: second, or critical: processes, hooks and credentials 20 ms")
	return func() error {
		switch *sync {
		case "second":
		case "critical":
			opt.SyncCritical = true
		default:
			return fmt.Errorf("--sync %s: use second or critical", *sync)
		}
		return nil
	}
}
