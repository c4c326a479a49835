package main

import (
	"fmt"
	"time"
	_ "time/tzdata" // a scratch image and Windows have no time zones of their own

	"github.com/spf13/cobra"

	"github.com/tracerec/tracerec/format/show"
)

// timeFlags are --time and --tz of the verbs that show times to people.
// What is meant for programs (--json and other formats) always has UTC and ns.
type timeFlags struct {
	style, zone string
	usual       string // style, without --time
}

func (f *timeFlags) register(cmd *cobra.Command, style string) {
	f.usual = style
	cmd.Flags().StringVar(&f.style, "time", style, "times as rel (since the recording began), local, utc or ns (since boot)")
	cmd.Flags().StringVar(&f.zone, "tz", "", "the time zone of local times, as Europe/Berlin; implies --time local")
	cmd.RegisterFlagCompletionFunc("time", cobra.FixedCompletions([]string{"rel", "local", "utc", "ns"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.RegisterFlagCompletionFunc("tz", cobra.NoFileCompletions)
}

// set puts them into o.
func (f *timeFlags) set(o *show.Options) (err error) {
	style := f.style
	if f.zone != "" {
		if o.Zone, err = time.LoadLocation(f.zone); err != nil {
			return fmt.Errorf("--tz: unknown time zone %q: use a name of the tz database, as Europe/Berlin or UTC", f.zone)
		}
		if style != f.usual && style != "local" {
			return fmt.Errorf("--tz: it is the zone of --time local, and --time %s has none", style)
		}
		style = "local"
	}
	if o.Time, err = show.ParseTimeStyle(style); err != nil {
		return fmt.Errorf("--time: %w", err)
	}
	return nil
}
