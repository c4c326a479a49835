package main

import (
	"github.com/spf13/pflag"

	"github.com/tracerec/tracerec/recorder"
)

func init() { recordFlags = append(recordFlags, privilegeFlags) }

func privilegeFlags(f *pflag.FlagSet, opt *recorder.Options) func() error {
	f.StringVar(&opt.User, "user", "", "become this user once everything is attached (default: nobody, or the owner of the directory of files that follow)")
	f.BoolVar(&opt.Privileges.Keep, "keep-privileges", false, "give up neither user, capabilities nor syscalls")
	f.StringArrayVar(&opt.Patterns, "redact", nil, "replace what this regular expression matches in path names, arguments and values; of one with a (group), the group: 'password=(.*)'")
	f.StringVar(&opt.KeyFile, "redact-hash", "", "key of the hashes that replace it, so that equal values are known in several recordings (default: a random one)")
	return func() error { return nil }
}
