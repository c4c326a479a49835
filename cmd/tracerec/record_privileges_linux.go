package main

import (
	"github.com/spf13/pflag"

	"github.com/tracerec/tracerec/recorder"
)

func init() { recordFlags = append(recordFlags, privilegeFlags) }

func privilegeFlags(f *pflag.FlagSet, opt *recorder.Options) func() error {
	f.StringVar(&opt.User, "user", "", "become this user once everything is attached (default: nobody, or the owner of the directory of files that follow)")
	f.BoolVar(&opt.Privileges.Keep, "keep-privileges", false, "give up neither user, capabilities nor syscalls")
	return func() error { return nil }
}
